import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SheddingOptions } from '../../lib/shedding/options.ts';
import { CAPACITY, type Fate, inEnvironments, inOneProcess, type Overload } from '../support/overload.ts';

const GUIDE = readFileSync(new URL('../../docs/guides/capacity.md', import.meta.url), 'utf8');

/** Ten times what is served: 40 a second. */
const LINE = { high: 30, low: 370, seconds: 105 };
/** For the figures of the guide it takes half of that. */
const HALF = { ...LINE, seconds: 50, seed: 1 };
const SERVED_PER_SECOND = 40;

const percentOf = ({ high }: Fate) => `${((100 * high.good) / high.offered).toFixed(1)} %`;
/** The cells of the guide's table for it. */
const cells = (fate: Fate) => [percentOf(fate), fate.goodputPerSecond.toFixed(1)];

type Row = readonly [string, SheddingOptions, (overload: Overload) => Promise<Fate>];
const managedInstances = (sentAtOnce: number) => (overload: Overload) => {
  vi.stubEnv('AWS_LAMBDA_MAX_CONCURRENCY', `${sentAtOnce}`);
  return inOneProcess({ ...overload, sentAtOnce });
};

const ROWS: readonly Row[] = [
  ['a server or a container, `limit: 4`', { limit: 4 }, inOneProcess],
  ['Managed Instances, 16 at once, `limit: 4`', { limit: 4 }, managedInstances(16)],
  ['Managed Instances, 32 at once, `limit: 4`', { limit: 4 }, managedInstances(32)],
  ['Managed Instances, 16 at once, nothing set', {}, managedInstances(16)],
  ['Lambda, one at a time', {}, (overload) => inEnvironments({ ...overload, retries: false })],
  [
    'Lambda, one at a time, clients retry as the AWS SDK does',
    {},
    (overload) => inEnvironments({ ...overload, retries: true }),
  ],
];

beforeEach(() => {
  for (const variable of ['AWS_LAMBDA_MAX_CONCURRENCY', 'AWS_LAMBDA_NODEJS_WORKER_COUNT'])
    vi.stubEnv(variable, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

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

  test.each(ROWS)('have the figures of the guide: %s', async (name, shedding, run) => {
    const row = GUIDE.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '';
    const [none, shed] = [await run(HALF), await run({ ...HALF, shedding })];

    expect(row.split(' |').slice(1, 5)).toEqual([...cells(none), ...cells(shed)].map((cell) => ` ${cell}`));
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
