import { describe, expect, test } from 'vitest';
import type { Item } from '../../lib/core/store.ts';
import {
  type Claimer,
  completed,
  completedBy,
  decide,
  type IdempotencyRecord,
  isMine,
  ownerOf,
  readRecord,
  recordStatusOf,
  writeRecord,
} from '../../lib/idempotency/protocol.ts';
import { memoryStore } from '../../lib/store/memory.ts';

const NOW = 1_750_000_000_500;
const SECOND = Math.floor(NOW / 1_000);

const running: IdempotencyRecord = {
  state: 'in-progress',
  owner: 'a',
  fence: 3,
  leaseUntil: NOW + 1_000,
  payload: 'p',
  form: 'json',
  result: '',
  expiresAt: SECOND + 100,
};
const done: IdempotencyRecord = { ...running, state: 'completed', result: '7' };
const claim: Claimer = {
  owner: 'b',
  payload: 'p',
  now: NOW,
  leaseMs: 15_000,
  invocationMs: 15_000,
  retentionSeconds: 60,
  skewMarginMs: 5_000,
  onUnknownOutcome: 'rerun',
};

const decideOn = (record: IdempotencyRecord | undefined, more: Partial<Claimer> = {}) =>
  decide({ ...claim, ...more }, record && writeRecord(record));

/** Whether a claim that was decided on the one record is applied by a store that holds the other by now. */
async function isWritten(seen: IdempotencyRecord | undefined, held: IdempotencyRecord | undefined) {
  const decision = decideOn(seen);
  if (decision.kind !== 'write') throw new Error(`expected a write, got ${decision.kind}`);
  const store = memoryStore();
  if (held) await store.put('key', writeRecord(held));
  return (await store.put('key', writeRecord(decision.next), { when: decision.when })).applied;
}

async function canChange(stored: IdempotencyRecord | undefined, owner: string): Promise<boolean> {
  const store = memoryStore();
  if (stored) await store.put('key', writeRecord(stored));
  return (await store.delete('key', { when: isMine(owner) })).applied;
}

describe('a claim', () => {
  test('is written where nothing is known to be, under the condition that nothing is', async () => {
    expect(decideOn(undefined)).toMatchObject({
      kind: 'write',
      next: { state: 'in-progress', owner: 'b', fence: NOW, leaseUntil: NOW + 15_000, result: '' },
    });
    expect(await isWritten(undefined, undefined)).toBe(true);
    expect(await isWritten(undefined, running)).toBe(false);
  });

  test('is refused while the owner can still be at work, to the millisecond', () => {
    expect(decideOn(running)).toMatchObject({ kind: 'in-flight', leaseLeftMs: 1_000 });
    expect(decideOn({ ...running, leaseUntil: NOW })).toMatchObject({ kind: 'in-flight', leaseLeftMs: 0 });
    expect(decideOn({ ...running, leaseUntil: NOW - 1 }).kind).toBe('write');
  });

  test('takes over a run whose lease is over, with a higher fence, from the very owner that was seen', async () => {
    const over = { ...running, leaseUntil: NOW - 1 };
    expect(decideOn(over)).toMatchObject({ kind: 'write', next: { owner: 'b', fence: NOW } });
    expect(await isWritten(over, over)).toBe(true);
    expect(await isWritten(over, { ...over, owner: 'c' })).toBe(false);
    expect(await isWritten(over, { ...done, owner: 'a' })).toBe(false);
    // A durable execution that claims again is the same owner, at work again.
    expect(await isWritten(over, { ...over, leaseUntil: NOW + 1_000 })).toBe(false);
    expect(await isWritten(over, undefined)).toBe(false);
  });

  test('has a higher fence than the one before, though that one was of a clock ahead', () => {
    const ahead = { ...running, leaseUntil: NOW - 1, fence: NOW + 4_000 };
    expect(decideOn(ahead)).toMatchObject({ next: { fence: NOW + 4_001 } });
  });

  test('does not take over where the outcome is to be held', () => {
    expect(decideOn({ ...running, leaseUntil: NOW - 1 }, { onUnknownOutcome: 'hold' })).toEqual({
      kind: 'unknown',
    });
  });

  test('with another payload gets neither the result nor a word about its state', () => {
    for (const record of [running, done, { ...running, leaseUntil: NOW - 1 }])
      expect(decideOn(record, { payload: 'q' })).toEqual({ kind: 'mismatch' });
  });

  test('of a completed run gets its result, though its lease is over', () => {
    expect(decideOn({ ...done, leaseUntil: NOW - 1 })).toMatchObject({
      kind: 'replay',
      record: { result: '7' },
    });
  });

  test('may be made by any request once the record is past its retention, whatever it holds', () => {
    for (const record of [done, { ...running, leaseUntil: NOW - 100_000 }]) {
      expect(decideOn({ ...record, expiresAt: SECOND + 1 }, { payload: 'q' }).kind).toBe('mismatch');
      const gone = { ...record, expiresAt: SECOND };
      expect(decideOn(gone, { payload: 'q' })).toMatchObject({
        kind: 'write',
        next: { payload: 'q', fence: NOW },
      });
    }
  });

  test('with hold, meets a record past its retention as long as it is there: the clock may be ahead', () => {
    const expiresAt = SECOND - 1;
    const decided = (record: IdempotencyRecord, payload = 'p') =>
      decideOn({ ...record, expiresAt }, { payload, onUnknownOutcome: 'hold' }).kind;

    expect(decided(done)).toBe('replay');
    expect(decided({ ...running, leaseUntil: NOW - 100_000 })).toBe('unknown');
    expect(decided(done, 'q')).toBe('mismatch');
  });

  test('finds its own write, applied by a request whose answer was lost', () => {
    expect(decideOn(running, { owner: 'a' })).toEqual({ kind: 'run', record: running });
    expect(decideOn({ ...running, leaseUntil: NOW - 1 }, { owner: 'a' }).kind).toBe('run');
    expect(decideOn(done, { owner: 'a' }).kind).toBe('replay');
  });

  test('of a durable execution gets what it has done, however long ago', () => {
    const before = { ...done, owner: ownerOf('e', '1'), expiresAt: SECOND };

    expect(decideOn(before, { execution: 'e', owner: ownerOf('e', '2') })).toMatchObject({
      kind: 'replay',
      record: { result: '7' },
    });
  });

  test('is of no execution where none is named, whatever the owner before is called', () => {
    expect(ownerOf(undefined, 'token')).toBe('token');
    expect(decideOn({ ...running, owner: 'undefined#1' })).toMatchObject({ kind: 'in-flight' });
  });

  test('keeps a record for its retention after the lease, and a margin for clocks that are behind', () => {
    const decision = decideOn(undefined);
    expect(decision).toMatchObject({ next: { expiresAt: Math.ceil((NOW + 15_000 + 5_000) / 1_000) + 60 } });
  });
});

describe('what a record says at a moment', () => {
  test('is decided by its state, and for a run in progress by its lease, to the millisecond', () => {
    expect(recordStatusOf(running, NOW)).toBe('in-progress');
    expect(recordStatusOf({ ...running, leaseUntil: NOW }, NOW)).toBe('in-progress');
    expect(recordStatusOf({ ...running, leaseUntil: NOW - 1 }, NOW)).toBe('unknown');
    expect(recordStatusOf({ ...done, leaseUntil: NOW - 1 }, NOW)).toBe('completed');
  });

  test('is nothing more once it is past its retention', () => {
    for (const record of [running, done]) {
      expect(recordStatusOf({ ...record, expiresAt: SECOND + 1 }, NOW)).not.toBe('expired');
      expect(recordStatusOf({ ...record, expiresAt: SECOND }, NOW)).toBe('expired');
    }
  });
});

describe('completing and releasing', () => {
  test('is for the owner alone', async () => {
    expect(await canChange(running, 'a')).toBe(true);
    expect(await canChange(running, 'b')).toBe(false);
  });

  test('is still for the owner when its lease is over and no other has claimed', async () => {
    expect(await canChange({ ...running, leaseUntil: NOW - 1 }, 'a')).toBe(true);
  });

  test('is for no caller once there is a result, or nothing at all', async () => {
    expect(await canChange(done, 'a')).toBe(false);
    expect(await canChange(undefined, 'a')).toBe(false);
  });

  test('makes a record that is kept from now on', () => {
    const stored = { form: 'gzip', result: 'x' } as const;
    expect(completed(running, stored, NOW, { retentionSeconds: 60, skewMarginMs: 0 })).toEqual({
      ...running,
      ...stored,
      state: 'completed',
      expiresAt: SECOND + 1 + 60,
    });
  });

  test('that was refused was mine when the record is completed by me', () => {
    expect(completedBy('a', writeRecord(done))).toEqual(done);
    expect(completedBy('b', writeRecord(done))).toBeUndefined();
    expect(completedBy('a', writeRecord(running))).toBeUndefined();
    expect(completedBy('a', undefined)).toBeUndefined();
  });
});

describe('the item', () => {
  test.each([
    running,
    done,
    { ...done, form: 'gzip' as const },
    { ...done, form: 'elsewhere' as const },
    { ...done, form: 'none' as const, result: 'why' },
  ])('tells the record and back: %j', (record) => {
    expect(readRecord(writeRecord(record))).toEqual(record);
  });

  test('is of the version before wherever that one could read it', () => {
    expect(writeRecord(running)['v']).toBe(1);
    expect(writeRecord(done)['v']).toBe(1);
    expect(writeRecord({ ...done, form: 'gzip' })['v']).toBe(2);
  });

  test('of the version before is read, which knew neither fence nor form', () => {
    const { fence: _, form: __, ...before } = done;
    expect(readRecord({ v: 1, ...before })).toEqual({ ...done, fence: 0 });
  });

  test.each<Item>([
    {},
    { ...writeRecord(done), v: 3 },
    { ...writeRecord(done), state: 'lost' },
    { ...writeRecord(done), owner: 1 },
    { ...writeRecord(done), fence: 'high' },
    { ...writeRecord(done), leaseUntil: 'later' },
    { ...writeRecord(done), payload: 7 },
    { ...writeRecord(done), form: 'rot13' },
    { ...writeRecord(done), result: true },
    { ...writeRecord(done), expiresAt: 'soon' },
  ])('that is no record of this version is unreadable: %j', (item) => {
    expect(readRecord(item)).toBeUndefined();
    expect(decide(claim, item)).toEqual({ kind: 'unreadable' });
  });
});
