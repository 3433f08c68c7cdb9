import { describe, expect, test } from 'vitest';
import { countsKey, readCounts } from '../../lib/breaker/outcome-counts.ts';
import { OpeningRule } from '../../lib/breaker/rule.ts';
import type { Item } from '../../lib/core/store.ts';
import { sizeOf } from '../../lib/simulation/costs.ts';
import { FAILURES_TO_OPEN, Fleet, putState, times } from '../support/fleet.ts';

const RULE = new OpeningRule({});
const COUNTS_KEY = countsKey('posts', 0, RULE);
const DAY_MS = 86_400_000;
/** The beginning of a slot, and its name. */
const NOW = 1_750_000_000_000;
const SLOT = Math.floor(NOW / RULE.slotMs);
const nameOf = (slotsAgo: number) => (SLOT - slotsAgo).toString(36);

const read = (item: object) => readCounts(item as Item, NOW, RULE);

describe('the counts of a breaker', () => {
  test('have a key for each epoch and window, so that late reports and other options do not mix', () => {
    expect(COUNTS_KEY).toBe('outcomes#posts#0#10000');
    expect(countsKey('posts', 3, new OpeningRule({ windowMs: 60_000 }))).toBe('outcomes#posts#3#60000');
  });

  test('are read by slot, the newest first, with the age of their ends', () => {
    const item = {
      ...{ [`f${nameOf(9)}`]: 2, [`c${nameOf(9)}`]: 7 },
      ...{ [`s${nameOf(0)}`]: 3, [`f${nameOf(0)}`]: 1, [`c${nameOf(0)}`]: 40 },
      expiresAt: 1_750_007_200,
    };

    expect(read(item)).toEqual({
      window: [
        { ageMs: 0, reports: 4, failures: 1, calls: 40 },
        { ageMs: 4_000, reports: 2, failures: 2, calls: 7 },
      ],
      ...{ reports: 6, failures: 3, stale: [] },
    });
  });

  test('are read of the window alone', () => {
    const item = { [`s${nameOf(0)}`]: 25, [`f${nameOf(20)}`]: 9, [`f${nameOf(21)}`]: 9 };

    expect(read(item).window).toMatchObject([{ reports: 25 }, { ageMs: 9_500, failures: 9 }]);
  });

  test('are read further back where fewer than twenty were reported', () => {
    const item = { [`s${nameOf(0)}`]: 19, [`f${nameOf(500)}`]: 9, [`f${nameOf(501)}`]: 9 };

    expect(read(item).window).toMatchObject([{ reports: 19 }, { ageMs: 249_500, failures: 9 }]);
  });

  test.each([
    ['no name of a slot', { f: 400, fA: 400, 'f-1': 400, xlll: 400, [`f${nameOf(0)}00000000`]: 400 }],
    [
      'no number',
      {
        [`f${nameOf(0)}`]: '400',
        [`f${nameOf(1)}`]: true,
        [`f${nameOf(2)}`]: null,
        [`f${nameOf(3)}`]: [400],
      },
    ],
    ['NaN', { [`f${nameOf(0)}`]: Number.NaN }],
    ['negative', { [`f${nameOf(0)}`]: -400 }],
    [
      'more than a write a millisecond',
      { [`f${nameOf(0)}`]: 501, [`f${nameOf(1)}`]: 1e300, [`f${nameOf(2)}`]: Infinity },
    ],
    ['of a slot in the far future', { [`f${nameOf(-22)}`]: 400, fzzzzzzzzzzz: 400 }],
    ['of a name that every object has', { constructor: 400, __proto__: { [`f${nameOf(0)}`]: 400 } }],
  ])('leave out what is %s', (_, item) => {
    expect(RULE.shouldOpen(read(item).window)).toBe(false);
    expect(
      read({ ...item, [`f${nameOf(4)}`]: 10 }).window.reduce((sum, { failures }) => sum + failures, 0),
    ).toBe(10);
  });

  test('take a slot of the near future, by a clock that is ahead, for now', () => {
    expect(read({ [`f${nameOf(-20)}`]: 10 }).window).toMatchObject([{ ageMs: 0, failures: 10 }]);
  });

  test('name what belongs to no window once there is much of it', () => {
    const old = (slots: number) =>
      Object.fromEntries(Array.from({ length: slots }, (_, n) => [`s${nameOf(100 + n)}`, 1]));
    const newest = { [`s${nameOf(0)}`]: 20 };

    expect(read({ ...newest, ...old(13) }).stale).toEqual([]);
    const { stale } = read({ ...newest, ...old(14) });
    expect(stale).toHaveLength(42);
    expect(stale.slice(0, 3)).toEqual([`f${nameOf(100)}`, `s${nameOf(100)}`, `c${nameOf(100)}`]);
  });
});

describe('the stored counts', () => {
  test.each([
    ['failed', 'f', 0],
    ['succeeded', 's', 600],
  ])(
    'get a call that %s and the calls that it stands for, in the slot of the moment, and are kept two hours',
    async (_, kind, afterMs) => {
      const fleet = new Fleet(1);
      await putState(fleet.table, { epoch: 0, rate: 520 });
      await fleet.pass(afterMs);
      const slot = Math.floor(fleet.now / RULE.slotMs).toString(36);

      await (kind === 'f' ? fleet.first.fails() : fleet.first.works());

      expect(await fleet.table.get(COUNTS_KEY)).toEqual({
        ...{ [`${kind}${slot}`]: 1, [`c${slot}`]: 20 },
        expiresAt: Math.ceil(fleet.now / 1_000) + 7_200,
      });
    },
  );

  test('hold no more than numbers, and stay below 1 KB at 26 reports a second', async () => {
    const fleet = new Fleet(1);
    let largest = 0;
    for (let slot = 0; slot < 400; slot++) {
      await times(13, () => (slot % 2 ? fleet.first.answers() : fleet.first.works()));
      const item = await fleet.table.get(COUNTS_KEY);
      expect(
        Object.entries(item ?? {}).every(
          ([name, value]) => /^([sc][0-9a-z]+|expiresAt)$/.test(name) && typeof value === 'number',
        ),
      ).toBe(true);
      largest = Math.max(largest, sizeOf(COUNTS_KEY, item));
      await fleet.pass(500);
    }

    expect(largest).toBeGreaterThan(500);
    expect(largest).toBeLessThan(1_024);
  });

  test('that are implausible open no breaker and keep none from opening', async () => {
    const fleet = new Fleet(1);
    const slot = (slotsAgo: number) => (Math.floor(fleet.now / 500) - slotsAgo).toString(36);
    await fleet.table.put(COUNTS_KEY, {
      ...{
        [`f${slot(0)}`]: 1e9,
        [`s${slot(1)}`]: 1e9,
        [`s${slot(2)}`]: -50,
        [`f${slot(3)}`]: '7',
        [`s${slot(-400)}`]: 90,
      },
      ...{ owner: 'ada', f: 4, 'f-': 5, [`c${slot(1)}`]: -1e300 },
    });
    await fleet.pass(500);

    await times(FAILURES_TO_OPEN - 1, () => fleet.first.fails());
    expect((await fleet.state())?.['state'] ?? 'closed').toBe('closed');

    await fleet.first.fails();
    expect(await fleet.state()).toMatchObject({ state: 'open' });
    expect(await fleet.table.get(COUNTS_KEY)).toMatchObject({ owner: 'ada' });
  });

  test('that cannot be added to leave each environment to its own breaker', async () => {
    const fleet = new Fleet(1);
    for (let slotsOn = 0; slotsOn < 100; slotsOn++) {
      const slot = (Math.floor(fleet.now / 500) + slotsOn).toString(36);
      await fleet.table.put(COUNTS_KEY, { ...(await fleet.table.get(COUNTS_KEY)), [`f${slot}`]: 'much' });
    }

    for (let call = 0; call < 2 * FAILURES_TO_OPEN; call++) {
      await fleet.first.fails();
      await fleet.pass(100);
    }

    expect(fleet.first.state).toBe('open');
    expect(await fleet.state()).toBeUndefined();
  });
});

describe('an environment whose clock is a day off', () => {
  test.each([
    ['ahead', DAY_MS],
    ['behind', -DAY_MS],
  ])('opens no breaker of the others when its clock is %s', async (_, skewMs) => {
    const fleet = new Fleet(3, { skewsMs: [0, 0, skewMs] });
    const astray = fleet.environments[2];
    for (let round = 0; round < 40; round++) {
      if (round % 2) await astray?.fails();
      await fleet.first.works();
      await fleet.second.works();
      await fleet.pass(500);
    }

    expect(fleet.first.state).toBe('closed');
    expect(fleet.second.state).toBe('closed');
  });

  test.each([
    ['ahead', DAY_MS, 100],
    ['behind', -DAY_MS, 100],
    ['ahead', DAY_MS, 5_000],
    ['behind', -DAY_MS, 5_000],
  ])(
    'does not keep the breaker closed when its clock is %s (%d ms) and a call fails every %d ms',
    async (_, skewMs, everyMs) => {
      const fleet = new Fleet(5, { skewsMs: [0, 0, 0, 0, skewMs] });
      for (let call = 0; call < 100; call++) {
        await fleet.environments[call % 5]?.works();
        await fleet.pass(everyMs);
      }
      let failed = 0;
      while (fleet.first.state === 'closed' && failed < 100) {
        await fleet.environments[failed++ % 5]?.fails();
        await fleet.pass(everyMs);
      }

      // One of five is counted apart.
      expect(failed).toBeLessThanOrEqual(20);
    },
  );
});
