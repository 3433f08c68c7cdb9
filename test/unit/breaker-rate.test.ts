import { describe, expect, test } from 'vitest';
import { measuredRate } from '../../lib/breaker/sampling.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import { Fleet } from '../support/fleet.ts';

interface Counted {
  /** Since the end of the slot, in seconds. */
  readonly age: number;
  readonly reports: number;
  /** That the reports stand for. */
  readonly calls?: number;
}
/** What is measured from slots, the newest first. Each report stands for one call where nothing else is said. */
const measured = (slots: readonly Counted[], known = 0) =>
  measuredRate(
    slots.map(({ age, reports, calls = reports }) => ({
      ...{ ageMs: age * 1_000, reports, failures: 0, calls },
    })),
    known,
  );

describe('the first rate', () => {
  test('is measured from five reports after the slot of the first one', () => {
    expect(
      measured([
        { age: 0, reports: 5, calls: 200 },
        { age: 2, reports: 1 },
      ]),
    ).toBeCloseTo(100, 5);
    expect(
      measured([
        { age: 0, reports: 4, calls: 200 },
        { age: 2, reports: 1 },
      ]),
    ).toBeUndefined();
  });

  test('is measured over two seconds at least', () => {
    expect(
      measured([
        { age: 0, reports: 50 },
        { age: 1.9, reports: 50 },
      ]),
    ).toBeUndefined();
    expect(
      measured([
        { age: 0, reports: 50 },
        { age: 2, reports: 50 },
      ]),
    ).toBeCloseTo(25, 5);
  });

  test('is not measured from one slot, nor from none', () => {
    expect(measured([{ age: 5, reports: 50 }])).toBeUndefined();
    expect(measured([])).toBeUndefined();
  });

  test('is 10 calls a second where there are fewer, which no environment needs to tell apart', () => {
    expect(
      measured([
        { age: 0, reports: 6 },
        { age: 60, reports: 1 },
      ]),
    ).toBe(10);
  });
});

describe('a known rate', () => {
  /** So many reports in ten seconds, each of which stands for ten calls. */
  const inTenSeconds = (reports: number): readonly Counted[] => [
    { age: 0, reports, calls: 10 * reports },
    { age: 10, reports: 3, calls: 30 },
  ];

  test('stays while what is measured may be chance', () => {
    expect(measured(inTenSeconds(100), 100)).toBeUndefined();
    expect(measured(inTenSeconds(115), 100)).toBeUndefined();
    expect(measured(inTenSeconds(85), 100)).toBeUndefined();
  });

  test('stays while it is off by no more than a tenth, however surely', () => {
    expect(measured(inTenSeconds(10_000), 9_092)).toBeUndefined();
    expect(measured(inTenSeconds(10_000), 10_999)).toBeUndefined();
  });

  test('is replaced by what is measured when it is surely off', () => {
    expect(measured(inTenSeconds(10_000), 9_089)).toBeCloseTo(10_000, 5);
    expect(measured(inTenSeconds(10_000), 11_001)).toBeCloseTo(10_000, 5);
    expect(measured(inTenSeconds(150), 100)).toBeCloseTo(150, 5);
  });

  test('falls no further than is sure while there are fewer than twenty reports', () => {
    const fallen = measured(inTenSeconds(4), 1_000) ?? Number.NaN;

    // Four reports of ten calls in ten seconds are 4 a second. At most, (√5 + 1)² / 10 reports a second are missing.
    expect(fallen).toBeCloseTo((Math.sqrt(5) + 1) ** 2, 5);
    expect(measured(inTenSeconds(4), fallen)).toBeUndefined();
  });

  test('stays where there is no report after that of the oldest slot', () => {
    expect(measured([{ age: 10, reports: 3 }], 1_000)).toBeUndefined();
  });

  test('never falls below 10 calls a second', () => {
    expect(
      measured(
        [
          { age: 0, reports: 30 },
          { age: 100, reports: 1 },
        ],
        500,
      ),
    ).toBe(10);
    expect(
      measured(
        [
          { age: 0, reports: 30 },
          { age: 100, reports: 1 },
        ],
        11,
      ),
    ).toBeUndefined();
  });

  test('is replaced by chance in less than one of ten windows', () => {
    const random = seededRandom(77);
    let replaced = 0;
    for (let window = 0; window < 3_000; window++) {
      const rate = 15 * 700 ** random.next();
      const every = Math.max(1, Math.round(rate / 26));
      const age = 2 + 8 * random.next();
      // Calls that come at random: the gaps between reports are exponential.
      let reports = -1;
      for (let at = 0; at < age; reports++) at -= (Math.log(1 - random.next()) * every) / rate;
      const slots = [
        { age: 0, reports, calls: reports * every },
        { age, reports: 1, calls: every },
      ];
      if (measured(slots, rate) !== undefined) replaced++;
    }

    expect(replaced).toBeLessThan(300);
  });
});

describe('the rate of a shared breaker', () => {
  /** So many calls a second for so many seconds, of all environments in turn. */
  async function load(fleet: Fleet, perSecond: number, seconds: number) {
    const { environments } = fleet;
    for (let n = 0; n < perSecond * seconds; n++) {
      await environments[n % environments.length]?.works();
      await fleet.pass(1_000 / perSecond);
    }
  }

  test('is measured from the reports of all environments, and published', async () => {
    const fleet = new Fleet(4);

    await load(fleet, 40, 4);

    expect(Number((await fleet.state())?.['rate'])).toBeGreaterThan(30);
    expect(Number((await fleet.state())?.['rate'])).toBeLessThan(60);
  });

  test('follows when there are four times as many calls', async () => {
    const fleet = new Fleet(4);
    await load(fleet, 10, 6);
    const before = Number((await fleet.state())?.['rate']);

    await load(fleet, 40, 10);

    expect(before).toBeLessThan(15);
    expect(Number((await fleet.state())?.['rate'])).toBeGreaterThan(25);
  });

  test('is not measured in the ramp of a breaker that has just closed', async () => {
    const fleet = new Fleet(4, { chance: 'seeded' });
    await fleet.putState({ epoch: 2, since: fleet.now, rate: 200 });

    await load(fleet, 60, 14);
    expect(await fleet.state()).toMatchObject({ version: 1, rate: 200 });

    await load(fleet, 60, 6);
    expect(Number((await fleet.state())?.['rate'])).toBeLessThan(100);
  });

  test('changes nothing else of a state that another environment has changed meanwhile', async () => {
    const fleet = new Fleet(1);
    await load(fleet, 20, 1);
    await fleet.putState({ version: 5, epoch: 0 });
    fleet.serve = async (request, serve) => {
      if (request.operation === 'put')
        await fleet.putState({ version: 9, epoch: 4, state: 'open', until: fleet.now + 5_000 });
      return serve();
    };

    await load(fleet, 20, 3);

    expect(await fleet.state()).toMatchObject({ version: 9, epoch: 4, state: 'open' });
    expect(fleet.first.state).toBe('open');
  });
});
