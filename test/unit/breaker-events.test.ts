import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { BreakerEvent } from '../../lib/core/breaker-event.ts';
import { sleep } from '../../lib/core/clock.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import { breaker as middleware } from '../../lib/middleware/breaker.ts';
import { withBreaker } from '../../lib/middleware/with-breaker.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { atEndOfTest } from '../support/ends.ts';
import { CLAIM_MS, FAILURES_TO_OPEN, Fleet, OPEN_MS, openFleet, times } from '../support/fleet.ts';
import { contextWith } from '../support/lambda-context.ts';
import { failing, outage } from '../support/outcomes.ts';

const WEEK_MS = 604_800_000;

describe('the listener of a shared breaker', () => {
  test('gets a change from the environment that made it, and from the others that they observed it', async () => {
    const fleet = new Fleet(5);
    const { environments } = fleet;
    for (let round = 0; round < 3; round++) for (const environment of environments) await environment.fails();
    await fleet.pass(1_000);

    for (const environment of environments) await environment.works();

    expect(environments.flatMap((environment) => environment.changes('self'))).toEqual(['closed → open']);
    for (const environment of environments) expect(environment.changes()).toEqual(['closed → open']);
    expect(environments.flatMap(({ events }) => events)).toContainEqual({
      ...{ kind: 'breaker-state', name: 'posts', from: 'closed', to: 'open', origin: 'self' },
      ...{ admittedFraction: 0, waitMs: OPEN_MS, cause: 'status 503' },
    });
  });

  test('gets each probe, its failure, and in the end what fraction of the calls is admitted', async () => {
    const fleet = await openFleet(1);
    await fleet.pass(OPEN_MS);
    await fleet.first.fails();
    await fleet.pass(CLAIM_MS);

    await times(4, () => fleet.first.works());

    expect(fleet.first.changes('self')).toEqual([
      ...['closed → open', 'open → half-open', 'half-open → open', 'open → half-open', 'half-open → closed'],
    ]);
    expect(fleet.first.events.at(-1)).toMatchObject({ to: 'closed', admittedFraction: 0.02, waitMs: 0 });
  });

  test('gets that a claim has ended without an outcome, which no environment writes', async () => {
    const fleet = await openFleet(2);
    await fleet.pass(OPEN_MS);
    void fleet.first.hangs();
    await fleet.pass();
    await fleet.second.works();
    expect(fleet.second.changes()).toEqual(['closed → half-open']);
    await fleet.pass(CLAIM_MS);

    void fleet.second.hangs();
    await fleet.pass();

    expect(fleet.second.changes()).toEqual(['closed → half-open', 'half-open → open', 'open → half-open']);
  });

  test.each([
    ['open', ['closed → forced-open', 'forced-open → open', 'open → half-open', 'half-open → closed'], 0],
    ['closed', ['closed → forced-closed', 'forced-closed → closed'], 1],
  ] as const)(
    'gets that the breaker was forced %s and that this is over, and not the name of the operator',
    async (state, changes, admittedFraction) => {
      const fleet = new Fleet(1);
      await fleet.putState({
        state: `forced-${state}`,
        since: fleet.now,
        until: fleet.now + WEEK_MS,
        by: 'ada',
      });
      await fleet.first.works();
      expect(fleet.first.events).toEqual([
        {
          ...{ kind: 'breaker-state', name: 'posts', from: 'closed', to: `forced-${state}` },
          ...{ origin: 'observed', admittedFraction, waitMs: WEEK_MS },
        },
      ]);
      await fleet.pass(WEEK_MS);

      await times(4, () => fleet.first.works());

      expect(fleet.first.changes()).toEqual(changes);
      expect(JSON.stringify(fleet.first.events)).not.toContain('ada');
    },
  );

  test('gets the counts when a failure was reported, and nothing of a success', async () => {
    const fleet = new Fleet(1, { slowCallMs: 300 });
    await fleet.first.works();
    expect(fleet.first.events).toEqual([]);

    await fleet.first.fails();
    const slow = fleet.first.call(() => sleep(fleet.first.clock, 400));
    await fleet.pass(400);
    await slow;

    const report = { kind: 'breaker-report', name: 'posts' };
    expect(fleet.first.events).toEqual([
      { ...report, calls: 2, failures: 1, slow: false },
      { ...report, calls: 3, failures: 2, slow: true },
    ]);
  });

  test('gets once that the store is unavailable and why, and once that it is available again', async () => {
    const fleet = new Fleet(1);
    const someCalls = () =>
      times(5, async () => {
        await fleet.first.works();
        await fleet.pass(20_000);
      });
    fleet.storeRefuses();
    await someCalls();
    const unavailable = { kind: 'breaker-store', name: 'posts', available: false, reason: 'down' };
    expect(fleet.first.events).toEqual([unavailable]);

    fleet.storeRecovers();
    await someCalls();

    expect(fleet.first.events).toEqual([
      unavailable,
      { kind: 'breaker-store', name: 'posts', available: true },
    ]);
  });

  test('gets nothing of the breaker that an environment has for itself while the store fails', async () => {
    const fleet = new Fleet(1);
    fleet.storeRefuses();

    await times(FAILURES_TO_OPEN + 1, () => fleet.first.fails());

    expect(await fleet.first.works()).toMatchObject({ code: 'BREAKER_OPEN' });
    expect(fleet.first.events).toMatchObject([{ kind: 'breaker-store', available: false }]);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
  ])('changes nothing by an error that it %s', async (_, broken) => {
    const unhandled = vi.fn<(error: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    atEndOfTest(() => process.off('unhandledRejection', unhandled));
    const onEvent = vi.fn(broken);
    const fleet = new Fleet(1, { onEvent });

    await times(FAILURES_TO_OPEN, async () => expect(await fleet.first.fails()).toEqual(outage()));

    await fleet.pass();
    expect(onEvent).toHaveBeenCalledWith(expect.objectContaining({ kind: 'breaker-state' }));
    expect(await fleet.state()).toMatchObject({ state: 'open' });
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('may call through the breaker, and gets a change no more often for it', async () => {
    const fleet = new Fleet(1, {
      onEvent: ({ kind }: BreakerEvent) => kind === 'breaker-state' && fleet.first.works(),
    });

    await times(FAILURES_TO_OPEN, () => fleet.first.fails());
    await fleet.pass();

    expect(fleet.first.changes()).toEqual(['closed → open']);
  });
});

describe('the listener of a breaker of this environment', () => {
  function localBreaker() {
    const clock = fakeClock();
    const events: BreakerEvent[] = [];
    const onEvent = (event: BreakerEvent) => events.push(event);
    const breaker = circuitBreaker({ name: 'posts', clock, openMs: 5_000, onEvent });
    const call = (work: () => Promise<unknown>) => breaker.execute(work).catch((error: unknown) => error);
    return { clock, events, breaker, fails: () => call(failing), works: () => call(async () => 'ok') };
  }
  const change = { kind: 'breaker-state', name: 'posts', origin: 'self', waitMs: 0 };

  test('gets its changes, and not each probe', async () => {
    const { clock, events, fails, works } = localBreaker();
    await times(FAILURES_TO_OPEN, fails);
    await clock.advance(5_000);
    await times(2, works);

    expect(events).toEqual([
      { ...change, from: 'closed', to: 'open', admittedFraction: 0, waitMs: 5_000 },
      { ...change, from: 'open', to: 'half-open', admittedFraction: 0 },
      { ...change, from: 'half-open', to: 'closed', admittedFraction: 1 },
    ]);
  });

  test('gets what is forced, and nothing where that is so already', async () => {
    const { breaker, events } = localBreaker();
    for (const to of ['auto', 'open', 'open', 'closed', 'auto'] as const) await breaker.force(to);

    expect(events).toEqual([
      { ...change, from: 'closed', to: 'forced-open', admittedFraction: 0 },
      { ...change, from: 'forced-open', to: 'forced-closed', admittedFraction: 1 },
      { ...change, from: 'forced-closed', to: 'closed', admittedFraction: 1 },
    ]);
  });

  test('is a function, or is refused', () => {
    const onEvent = 'console' as unknown as () => void;

    expect(() => circuitBreaker({ name: 'posts', onEvent })).toThrow(InvalidOptionError);
  });
});

describe('the listener of a breaker around a handler', () => {
  const options = () => ({ name: 'posts', clock: fakeClock(), onEvent: vi.fn() });
  const opened = expect.objectContaining({ from: 'closed', to: 'open' });

  test('gets its changes from the middleware', async () => {
    const given = options();
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(middleware<unknown, unknown>(given))
      .handler(failing);

    await times(FAILURES_TO_OPEN, () => lambda({}, contextWith()).catch(() => undefined));

    expect(given.onEvent).toHaveBeenCalledExactlyOnceWith(opened);
  });

  test('gets its changes from the wrapper', async () => {
    const given = options();
    const handler = withBreaker(given, failing);

    await times(FAILURES_TO_OPEN, () => handler().catch(() => undefined));

    expect(given.onEvent).toHaveBeenCalledExactlyOnceWith(opened);
  });
});
