import { describe, expect, test } from 'vitest';
import {
  explainRefusal,
  type IdempotencyRecord,
  isMine,
  mayClaim,
  readRecord,
  writeRecord,
} from '../../lib/idempotency/protocol.ts';
import { memoryStore } from '../../lib/store/memory.ts';

const NOW = 1_750_000_000_500;
const SECOND = Math.floor(NOW / 1_000);

const running: IdempotencyRecord = {
  state: 'in-progress',
  owner: 'a',
  leaseUntil: NOW + 1_000,
  payload: 'p',
  result: '',
  expiresAt: SECOND + 100,
};
const completed: IdempotencyRecord = { ...running, state: 'completed', result: '7' };

/** Whether somebody with this payload may claim what the store holds. */
async function canClaim(stored: IdempotencyRecord | undefined, payload = 'p'): Promise<boolean> {
  const store = memoryStore();
  if (stored) await store.put('key', writeRecord(stored));
  const claim = writeRecord({ ...running, owner: 'b' });
  return (await store.put('key', claim, { when: mayClaim(payload, NOW) })).applied;
}

async function canChange(stored: IdempotencyRecord | undefined, owner: string): Promise<boolean> {
  const store = memoryStore();
  if (stored) await store.put('key', writeRecord(stored));
  return (await store.delete('key', { when: isMine(owner) })).applied;
}

describe('a claim', () => {
  test('may be made where there is no record', async () => {
    expect(await canClaim(undefined)).toBe(true);
  });

  test('may not be made while the owner can still be at work', async () => {
    expect(await canClaim(running)).toBe(false);
    expect(await canClaim({ ...running, leaseUntil: NOW })).toBe(false);
  });

  test('may be made by the same request once the lease has run out', async () => {
    expect(await canClaim({ ...running, leaseUntil: NOW - 1 })).toBe(true);
  });

  test('may not be made by another request, even when the lease has run out', async () => {
    expect(await canClaim({ ...running, leaseUntil: NOW - 1 }, 'q')).toBe(false);
  });

  test('may not be made where there is a result, though its lease is over', async () => {
    expect(await canClaim({ ...completed, leaseUntil: NOW - 1 })).toBe(false);
  });

  test('may be made by any request once the result is past its retention', async () => {
    expect(await canClaim({ ...completed, expiresAt: SECOND })).toBe(false);
    expect(await canClaim({ ...completed, expiresAt: SECOND - 1 })).toBe(true);
    expect(await canClaim({ ...completed, expiresAt: SECOND - 1 }, 'q')).toBe(true);
  });
});

describe('completing and releasing', () => {
  test('is for the owner alone', async () => {
    expect(await canChange(running, 'a')).toBe(true);
    expect(await canChange(running, 'b')).toBe(false);
  });

  test('is still for the owner when its lease is over and nobody else has claimed', async () => {
    expect(await canChange({ ...running, leaseUntil: NOW - 1 }, 'a')).toBe(true);
  });

  test('is for nobody once there is a result, or nothing at all', async () => {
    expect(await canChange(completed, 'a')).toBe(false);
    expect(await canChange(undefined, 'a')).toBe(false);
  });
});

describe('a refused claim', () => {
  const explain = (record: IdempotencyRecord, owner = 'b', payload = 'p') =>
    explainRefusal(writeRecord(record), owner, payload, NOW);

  test('whose own write is in the way was applied', () => {
    expect(explain(running, 'a')).toEqual({ kind: 'mine' });
  });

  test('with the payload of a completed run gets its result', () => {
    expect(explain(completed)).toEqual({ kind: 'replay', result: '7' });
  });

  test('with another payload gets neither the result nor a word about its state', () => {
    expect(explain(completed, 'b', 'q')).toEqual({ kind: 'mismatch' });
    expect(explain(running, 'b', 'q')).toEqual({ kind: 'mismatch' });
  });

  test('while the run lasts is told when its lease ends', () => {
    expect(explain(running)).toEqual({ kind: 'in-flight', retryAfterMs: 1_000 });
    expect(explain({ ...running, leaseUntil: NOW - 5 })).toEqual({ kind: 'in-flight', retryAfterMs: 0 });
  });
});

describe('the item', () => {
  test('tells the record and back', () => {
    expect(readRecord(writeRecord(completed))).toEqual(completed);
  });

  test.each([
    {},
    { ...writeRecord(completed), v: 2 },
    { ...writeRecord(completed), state: 'lost' },
    { ...writeRecord(completed), owner: 1 },
    { ...writeRecord(completed), result: true },
    { ...writeRecord(completed), expiresAt: 'soon' },
  ])('that is no record of this version is unreadable: %j', (item) => {
    expect(readRecord(item)).toBeUndefined();
    expect(explainRefusal(item, 'b', 'p', NOW)).toEqual({ kind: 'unreadable' });
  });
});
