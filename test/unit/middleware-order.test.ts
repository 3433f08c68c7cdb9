import middy from '@middy/core';
import { beforeEach, describe, expect, type Mock, test, vi } from 'vitest';
import { type MiddlewareName, orderCheck } from '../../lib/middleware/adapter/order.ts';
import { breaker } from '../../lib/middleware/breaker.ts';
import { correlation } from '../../lib/middleware/correlation.ts';
import { deadline } from '../../lib/middleware/deadline.ts';
import { faults } from '../../lib/middleware/faults.ts';
import { health } from '../../lib/middleware/health.ts';
import { idempotency } from '../../lib/middleware/idempotency.ts';
import { loadShedding } from '../../lib/middleware/load-shedding.ts';
import { problemDetails } from '../../lib/middleware/problem-details.ts';
import { telemetry } from '../../lib/middleware/telemetry.ts';
import { warmup } from '../../lib/middleware/warmup.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { lambdaContext } from '../../lib/testing/index.ts';

let warn: Mock<(warning: string) => void>;
let emitWarning: Mock<(warning: string | Error) => void>;

beforeEach(() => {
  warn = vi.fn();
  emitWarning = vi.fn();
  vi.spyOn(process, 'emitWarning').mockImplementation(emitWarning);
});

/** One of each, in the right order. */
const makeAll = (): Readonly<Record<MiddlewareName, middy.MiddlewareObj>> => ({
  warmup: warmup<unknown, unknown>(),
  health: health<unknown, unknown>(),
  idempotency: idempotency<unknown>({
    ...{ store: memoryStore(), operation: 'order', key: () => 'k' },
    onWarning: warn,
  }),
  correlation: correlation<unknown, unknown>(),
  telemetry: telemetry<unknown, unknown>({ namespace: 'Shop', write: () => undefined, onWarning: warn }),
  problemDetails: problemDetails<unknown, unknown>(),
  deadline: deadline<unknown, unknown>(),
  loadShedding: loadShedding<unknown, unknown, unknown>(),
  breaker: breaker<unknown, unknown>({ name: 'posts' }),
  faults: faults<unknown, unknown>({ enabled: true, faults: [] }),
});

async function use(...names: readonly MiddlewareName[]): Promise<void> {
  const all = makeAll();
  const lambda = names.reduce(
    (chain, name) => chain.use(all[name]),
    middy<unknown, unknown>({ timeoutEarlyInMillis: 0 }),
  );
  lambda.handler(async () => 'ok');
  await lambda({}, lambdaContext());
  await lambda({}, lambdaContext());
}

const warnings = () => [...warn.mock.calls, ...emitWarning.mock.calls].map(([warning]) => String(warning));

describe('the order of middlewares', () => {
  test('is right in the order of the documentation, and in any part of it', async () => {
    const names = Object.keys(makeAll()) as MiddlewareName[];
    await use(...names);
    for (const left of names) await use(...names.filter((name) => name !== left));

    expect(warnings()).toEqual([]);
  });

  const WRONG: readonly (readonly [MiddlewareName, readonly MiddlewareName[]])[] = [
    ['warmup', ['idempotency', 'telemetry', 'breaker', 'faults']],
    ['health', ['idempotency', 'telemetry', 'loadShedding', 'breaker', 'faults']],
    ['idempotency', ['correlation', 'breaker', 'faults']],
    ['correlation', ['problemDetails', 'deadline', 'loadShedding', 'breaker', 'faults']],
    ['telemetry', ['problemDetails', 'deadline', 'loadShedding', 'breaker', 'faults']],
    ['deadline', ['loadShedding', 'breaker']],
    ['loadShedding', ['breaker', 'faults']],
    ['breaker', ['faults']],
  ];
  const PAIRS = WRONG.flatMap(([inside, outside]) => outside.map((each) => [inside, each] as const));

  test.each(PAIRS)(
    'is warned of once where %s is inside %s, with the consequence',
    async (inside, outside) => {
      await use(outside, inside);

      expect(warnings()).toEqual([
        expect.stringMatching(
          new RegExp(`use the middleware \`${inside}\` before \`${outside}\`: otherwise \\w`),
        ),
      ]);
    },
  );

  test('is warned of for each pair that is wrong', async () => {
    await use('faults', 'breaker', 'deadline');

    expect(warnings()).toHaveLength(2);
  });

  test.each<[MiddlewareName, () => Mock]>([
    ['telemetry', () => warn],
    ['idempotency', () => warn],
    ['correlation', () => emitWarning],
  ])('is warned of by `onWarning` of %s, or by the process where it has none', async (name, expected) => {
    await use('breaker', name);

    expect(expected()).toHaveBeenCalledTimes(1);
    expect(warnings()).toHaveLength(1);
  });

  test('is known across copies of the package', async () => {
    vi.resetModules();
    const copy = await import('../../lib/middleware/adapter/order.ts');
    expect(copy.orderCheck).not.toBe(orderCheck);
    const request = {};
    copy.orderCheck('breaker', warn)(request);
    orderCheck('deadline', warn)(request);

    expect(warnings()).toEqual([expect.stringContaining('`deadline` before `breaker`')]);
  });

  test('is that of one request, though several share one `internal`', () => {
    const internal = {};
    const checkBreaker = orderCheck('breaker', warn);
    const checkDeadline = orderCheck('deadline', warn);
    for (const request of [{ internal }, { internal }]) {
      checkDeadline(request);
      checkBreaker(request);
    }

    expect(warnings()).toEqual([]);
    expect(internal).toEqual({});
  });
});
