import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CAPACITY, type Fate, inEnvironments, inOneProcess, type Overload } from '../support/overload.ts';

const GUIDE = readFileSync(new URL('../../docs/guides/capacity.md', import.meta.url), 'utf8');

/** Ten times what is served: 40 a second. */
const LINE = { high: 30, low: 370, seconds: 105 };
const SERVED_PER_SECOND = 40;
const SEED = 1;

const percentOf = ({ high }: Fate) => `${((100 * high.good) / high.offered).toFixed(1)} %`;
/** The cells of the guide's table for it. */
const cells = (fate: Fate) => [percentOf(fate), fate.goodputPerSecond.toFixed(1)];

const ROWS: readonly (readonly [string, (overload: Overload) => Promise<Fate>])[] = [
  ['several at once in a process', (overload) => inOneProcess(overload)],
  ['one at a time', (overload) => inEnvironments({ ...overload, retries: false })],
  ['one at a time, clients retry', (overload) => inEnvironments({ ...overload, retries: true })],
];

describe('ten times the requests that are served', () => {
  test.each([1, 2, 3])(
    'leave high ones their answers in a process that serves several at once, and its work is done (seed %d)',
    async (seed) => {
      const fate = await inOneProcess({ ...LINE, seed, shedding: { limit: CAPACITY } });

      expect(fate.high.offered).toBeGreaterThanOrEqual(3_000);
      expect(fate.high.good / fate.high.offered).toBeGreaterThanOrEqual(0.995);
      expect(fate.goodputPerSecond).toBeGreaterThanOrEqual(0.95 * SERVED_PER_SECOND);
    },
  );

  test.each(ROWS)('have the figures of the guide: %s', async (name, run) => {
    const [, ...row] =
      GUIDE.split('\n')
        .find((line) => line.startsWith(`| ${name} |`))
        ?.split(/ *\| */) ?? [];
    const shedding = name.startsWith('several') ? { limit: CAPACITY } : {};
    const [none, shed] = [await run({ ...LINE, seed: SEED }), await run({ ...LINE, seed: SEED, shedding })];

    expect(row.slice(1, 5)).toEqual([...cells(none), ...cells(shed)]);
  });
});

describe('a function whose environments serve one at a time', () => {
  const oneAtATime = (overload: Overload) => inEnvironments({ ...overload, retries: false });

  test('sheds hardly any where less is offered than it serves', async () => {
    const { low } = await oneAtATime({ high: 12, low: 12, seconds: 200, seed: 4, shedding: {} });

    expect(low.shed / low.offered).toBeLessThan(0.02);
  });

  test('serves nearly as many as before where all are low', async () => {
    const all = { high: 0, low: 400, seconds: 30, seed: 5 };
    const [none, shed] = [await oneAtATime(all), await oneAtATime({ ...all, shedding: {} })];

    expect(shed.goodputPerSecond).toBeGreaterThanOrEqual(0.95 * none.goodputPerSecond);
  });

  test('serves low ones where few are high', async () => {
    const few = { high: 10, low: 390, seconds: 60, seed: 6 };
    const [none, shed] = [await oneAtATime(few), await oneAtATime({ ...few, shedding: {} })];

    expect(none.high.good / none.high.offered).toBeLessThan(0.2);
    expect(shed.high.good / shed.high.offered).toBeGreaterThan(0.7);
    expect(shed.low.good).toBeGreaterThan(300);
  });
});
