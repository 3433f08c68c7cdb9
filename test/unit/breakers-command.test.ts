import { userInfo } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { INITIAL, type StoredState, stateKey, writeState } from '../../lib/breaker/state.ts';
import { summaryOf } from '../../lib/breaker/summary.ts';
import { claimProbe, force, publishRate, trip, unforce } from '../../lib/breaker/transitions.ts';
import { readArguments } from '../../lib/cli/breakers/arguments.ts';
import { listOf } from '../../lib/cli/breakers/list.ts';
import { changeState, readState } from '../../lib/cli/breakers/state.ts';
import { listLines, summaryLines } from '../../lib/cli/breakers/words.ts';
import { memoryStore } from '../../lib/store/memory.ts';

const NOW = Date.parse('2030-01-01T00:00:00.000Z');
const forcing = { state: 'open', forMs: 3_600_000, by: 'ada' } as const;

describe('the arguments of fibrin breakers', () => {
  const read = (...args: string[]) => readArguments([...args, '--table', 'fibrin']);
  const request = { table: 'fibrin', keyAttribute: 'pk', region: undefined, json: false, name: 'posts' };

  test('are what is to be done, a name, and for how long by whom', () => {
    expect(read('show', 'posts')).toEqual({ ...request, action: 'show', forMs: 3_600_000, by: '' });
    expect(read('open', 'posts', '--for', '90s', '--by', 'Ada L.', '--json')).toEqual({
      ...request,
      ...{ action: 'open', forMs: 90_000, by: 'Ada L.', json: true },
    });
    expect(read('close', 'posts')).toMatchObject({ by: userInfo().username, forMs: 3_600_000 });
    expect(read('close', 'posts', '--for', '7d')).toMatchObject({ forMs: 604_800_000 });
    expect(read('list', '--json')).toEqual({
      ...{ action: 'list', table: 'fibrin', keyAttribute: 'pk', region: undefined, json: true },
    });
    expect(read('--help')).toBe('help');
  });

  test.each([
    ['break', 'posts'],
    ['show'],
    ['list', 'posts'],
    ['list', '--for', '1h'],
    ['show', 'posts', 'social'],
    ['show', 'no spaces'],
    ['show', 'posts', '--for', '1h'],
    ['auto', 'posts', '--by', 'ada'],
    ['open', 'posts', '--for', '8d'],
    ['open', 'posts', '--for', '0s'],
    ['open', 'posts', '--for', '1 hour'],
    ['open', 'posts', '--by', 'a\nb'],
    ['open', 'posts', '--sideways'],
  ])('are refused where they make no sense: %s %s %s %s', (...args) => {
    expect(() => read(...args)).toThrow();
  });

  test('need a table', () => {
    vi.stubEnv('FIBRIN_TABLE', '');
    expect(() => readArguments(['show', 'posts'])).toThrow('--table');
    vi.stubEnv('FIBRIN_TABLE', 'other');
    expect(readArguments(['show', 'posts'])).toMatchObject({ table: 'other' });
    vi.unstubAllEnvs();
  });
});

describe('what fibrin breakers says', () => {
  const text = (stored: StoredState, now = NOW) =>
    summaryLines(summaryOf('posts', stored, now), now).join('\n');

  test('of a breaker that was never used', () => {
    expect(text(INITIAL)).toBe('breaker posts\nstate   closed · admits 100 % of calls\nrate    unknown');
  });

  test('of one that is forced', () => {
    const forced = force(publishRate(INITIAL, NOW, 40).next, NOW, forcing).next;

    expect(summaryOf('posts', forced, NOW + 60_000)).toEqual({
      ...{ name: 'posts', state: 'forced-open', epoch: 1, by: 'ada', rate: 40 },
      ...{ since: '2030-01-01T00:00:00.000Z', until: '2030-01-01T01:00:00.000Z' },
      ...{ admittedFraction: 0, reason: 'an operator has forced it', cause: null, waitMs: 3_540_000 },
    });
    expect(text(forced, NOW + 60_000).split('\n')).toEqual([
      'breaker posts',
      'state   forced-open · admits 0 % of calls',
      'reason  an operator has forced it',
      'by      ada',
      'since   2030-01-01T00:00:00.000Z, 1 min ago',
      'until   2030-01-01T01:00:00.000Z, in 59 min',
      'rate    40 calls/s',
    ]);
    expect(summaryOf('posts', forced, NOW + 3_600_000)).toMatchObject({
      state: 'open',
      ...{ by: null, until: null, waitMs: null, reason: 'the next call is a probe' },
    });
  });

  const waits = { openMs: 5_000, chance: 0.5 };
  const opened = (ageMs: number) =>
    trip({ ...INITIAL, epoch: 1 }, NOW, { ...waits, ageMs, cause: 'status 503' }).next;

  test('of one that is open: why, what the last call failed with, and for how long', () => {
    expect(text(opened(60_000), NOW + 1_000).split('\n')).toEqual([
      'breaker posts',
      'state   open · admits 0 % of calls',
      'reason  too many calls failed',
      'cause   status 503',
      'since   2030-01-01T00:00:00.000Z, 1 s ago',
      'until   2030-01-01T00:00:05.000Z, in 4 s',
      'rate    unknown',
    ]);
  });

  test('of one that opened again soon after it had closed: that it stays open longer', () => {
    expect(text(opened(29_999), NOW + 1_000)).toContain(
      'reason  failed again within 30 s of closing, so it stays open longer',
    );
    expect(text(opened(29_999), NOW + 1_000)).toContain('until   2030-01-01T00:00:20.000Z, in 19 s');
  });

  test('of one that is probed', () => {
    const probed = claimProbe(opened(60_000), NOW + 5_000, waits).next;

    expect(text(probed, NOW + 6_000)).toContain(
      'state   half-open · admits 0 % of calls\nreason  a probe is running',
    );
  });
});

describe('a manual override', () => {
  const open = (stored: StoredState) => force(stored, NOW, forcing);

  test('is made of what stands there, or of nothing', async () => {
    const store = memoryStore();
    await changeState(store, 'posts', open);
    expect(await readState(store, 'posts')).toMatchObject({ state: 'forced-open', version: 1, by: 'ada' });

    await changeState(store, 'posts', (stored) => unforce(stored, NOW));

    expect(await readState(store, 'posts')).toMatchObject({ state: 'closed', version: 2, epoch: 2 });
  });

  test('is tried again where environments were quicker, and not for ever', async () => {
    const inner = memoryStore();
    let changes = 1;
    const store = {
      ...inner,
      async put(...args: Parameters<typeof inner.put>) {
        if (changes-- > 0)
          await inner.put(stateKey('posts'), writeState({ ...INITIAL, version: 2_000 - changes, rate: 7 }));
        return inner.put(...args);
      },
    };
    expect(await changeState(store, 'posts', open)).toMatchObject({ version: 2_001, rate: 7 });

    changes = 1_000;
    await expect(changeState(store, 'posts', open)).rejects.toThrow('was changed by others 10 times');
  });

  test('changes nothing where there is nothing to change', async () => {
    const store = memoryStore();
    expect(await changeState(store, 'posts', () => undefined)).toEqual(INITIAL);
    expect(await store.get(stateKey('posts'))).toBeUndefined();
  });

  test.each([
    [{ v: 99 }, 'is of a later version; update fibrin'],
    [{ ...writeState({ ...INITIAL, version: 1 }), state: 'ajar' }, 'has an implausible "state"; delete it'],
  ])('leaves an item alone that it cannot read: %j', async (item, message) => {
    const store = memoryStore();
    await store.put(stateKey('posts'), item);

    await expect(changeState(store, 'posts', open)).rejects.toThrow(message);

    expect(await store.get(stateKey('posts'))).toEqual(item);
  });
});

describe('what fibrin breakers list says', () => {
  const forced = force(INITIAL, NOW, forcing).next;
  const found = {
    itemsRead: 7,
    items: [
      { key: stateKey('social'), item: writeState({ ...INITIAL, version: 1, rate: 250 }) },
      { key: stateKey('posts'), item: writeState(forced) },
      { key: stateKey('newer'), item: { ...writeState(forced), v: 99 } },
      { key: stateKey('broken'), item: { state: 'open' } },
    ],
  };

  test('is a line for each by its name, what cannot be read, and how much was read for it', () => {
    expect(listLines(listOf(found, NOW), 'fibrin')).toEqual([
      'breaker  state        until                     admits  calls/s  reason',
      'posts    forced-open  2030-01-01T01:00:00.000Z  0 %              forced by ada',
      'social   closed                                 100 %   250',
      'broken: the item "breaker#broken" has an implausible "v"; delete it to start closed',
      'newer: the item "breaker#newer" is of a later version; update fibrin',
      '2 breakers in table "fibrin" (7 items read)',
    ]);
  });

  test('is that there is none', () => {
    expect(listLines(listOf({ items: [], itemsRead: 3 }, NOW), 'fibrin')).toEqual([
      '0 breakers in table "fibrin" (3 items read)',
    ]);
    expect(listLines(listOf({ items: found.items.slice(1, 2), itemsRead: 1 }, NOW), 'fibrin')).toContain(
      '1 breaker in table "fibrin" (1 items read)',
    );
  });
});
