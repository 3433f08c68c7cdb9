import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { SharedBreakerOptions } from '../../lib/breaker/options.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import type { BreakerEvent } from '../../lib/core/breaker-event.ts';
import { sleep } from '../../lib/core/clock.ts';
import { InvalidOptionError, StoreError } from '../../lib/core/errors.ts';
import type { CountingStore } from '../../lib/core/store.ts';
import { breaker as middleware } from '../../lib/middleware/breaker.ts';
import { withBreaker } from '../../lib/middleware/with-breaker.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { atEndOfTest } from '../support/ends.ts';
import { contextWith } from '../support/lambda-context.ts';
import { failing, never, outage } from '../support/outcomes.ts';
import { ENOUGH_FAILURES as ENOUGH, KEY, putVerdict, times } from '../support/shared-breaker.ts';

/** Longer than a breaker stays open, or a probe may take. */
const LONG_MS = 20_000;
const WEEK_MS = 604_800_000;

/** So many sandboxes on one store, each with what its listener hears. They do all that they ever do a share of. */
function fleet(size: number, given: Partial<SharedBreakerOptions> = {}) {
  const clock = fakeClock();
  const store = given.store ?? memoryStore();
  const sandboxes = Array.from({ length: size }, (_, index) => {
    const events: BreakerEvent[] = [];
    const onEvent = (event: BreakerEvent) => events.push(event);
    const random = { ...seededRandom(index + 1), next: () => 0 };
    const breaker = sharedBreaker({ openMs: 5_000, onEvent, ...given, name: 'posts', store, clock, random });
    const call = (work: () => Promise<unknown>) => breaker.execute(work).catch((error: unknown) => error);
    const changes = (origin?: 'self' | 'observed') =>
      events.flatMap((event) =>
        event.kind === 'breaker-state' && (origin ?? event.origin) === event.origin
          ? [`${event.from} → ${event.to}`]
          : [],
      );
    return {
      breaker,
      events,
      changes,
      call,
      fails: () => call(failing),
      works: () => call(async () => 'ok'),
    };
  });
  const [first, second] = [sandboxes[0], sandboxes[1] ?? sandboxes[0]];
  if (!first || !second) throw new Error('A fleet has at least one sandbox');
  return { clock, store, sandboxes, first, second };
}

describe('who listens to a breaker of the fleet', () => {
  test('hears that it opened: from one sandbox that it has made the change, from the others that they have seen it', async () => {
    const { sandboxes } = fleet(5);

    for (let round = 0; round < ENOUGH; round++) await Promise.all(sandboxes.map(({ fails }) => fails()));

    expect(sandboxes.flatMap(({ changes }) => changes('self'))).toEqual(['closed → open']);
    for (const { changes } of sandboxes) expect(changes()).toEqual(['closed → open']);
    expect(sandboxes.flatMap(({ events }) => events)).toContainEqual({
      ...{
        kind: 'breaker-state',
        name: 'posts',
        from: 'closed',
        to: 'open',
        origin: 'self',
        admittedFraction: 0,
      },
    });
  });

  test('hears that it is probed, that the probe failed, and that it lets a share of the calls through at last', async () => {
    const { clock, first } = fleet(1);
    await times(ENOUGH, first.fails);
    await clock.advance(LONG_MS);
    await first.fails();
    await clock.advance(LONG_MS);

    await times(3, first.works);

    expect(first.changes('self')).toEqual([
      ...['closed → open', 'open → half-open', 'half-open → open', 'open → half-open', 'half-open → closed'],
    ]);
    const isFraction = expect.toSatisfy((fraction) => fraction > 0 && fraction < 1);
    expect(first.events.at(-1)).toMatchObject({ to: 'closed', admittedFraction: isFraction });
  });

  test('hears that nobody has come back from a probe, which nobody writes', async () => {
    const { clock, first, second } = fleet(2);
    await times(ENOUGH, first.fails);
    await clock.advance(LONG_MS);
    void first.call(never);
    await settle();
    await second.works();
    expect(second.changes()).toEqual(['closed → half-open']);
    await clock.advance(LONG_MS);

    void second.call(never);
    await settle();

    expect(second.changes()).toEqual(['closed → half-open', 'half-open → open', 'open → half-open']);
  });

  test.each([
    ['open', ['closed → forced-open', 'forced-open → open', 'open → half-open', 'half-open → closed'], 0],
    ['closed', ['closed → forced-closed', 'forced-closed → closed'], 1],
  ] as const)(
    'hears that somebody has forced it %s, and that this is over, and not who',
    async (state, changes, fraction) => {
      const { clock, store, first } = fleet(1);
      const until = clock.now() + WEEK_MS;
      await putVerdict(store, { state: `forced-${state}`, since: clock.now(), until, by: 'ada' });
      await first.works();
      expect(first.events).toEqual([
        {
          ...{ kind: 'breaker-state', name: 'posts', from: 'closed', to: `forced-${state}` },
          ...{ origin: 'observed', admittedFraction: fraction },
        },
      ]);
      await clock.advance(WEEK_MS);

      await times(3, first.works);

      expect(first.changes()).toEqual(changes);
      expect(JSON.stringify(first.events)).not.toContain('ada');
    },
  );

  test('hears what the evidence holds when a failure was reported, and of no success', async () => {
    const { clock, first } = fleet(1, { slowCallMs: 300 });
    await first.works();
    expect(first.events).toEqual([]);

    await first.fails();
    const slow = first.call(() => sleep(clock, 400));
    await clock.advance(400);
    await slow;

    const report = { kind: 'breaker-report', name: 'posts' };
    // A success of an unknown rate is reported for two.
    expect(first.events).toEqual([
      { ...report, calls: 3, failures: 1, slow: false },
      { ...report, calls: 4, failures: 2, slow: true },
    ]);
  });

  test('hears once that the store has stopped answering, and once that it does again', async () => {
    const inner = memoryStore();
    let isDown = true;
    const down = <T>(real: () => Promise<T>) => (isDown ? Promise.reject(new StoreError('down')) : real());
    const store: CountingStore = {
      ...inner,
      get: (...args) => down(() => inner.get(...args)),
      put: (...args) => down(() => inner.put(...args)),
      add: (...args) => down(() => inner.add(...args)),
    };
    const { clock, first } = fleet(1, { store });
    const someCalls = () =>
      times(5, async () => {
        await first.works();
        await clock.advance(LONG_MS);
      });
    const trouble = { kind: 'breaker-store', name: 'posts', available: false };
    await someCalls();
    expect(first.events).toEqual([trouble]);

    isDown = false;
    await someCalls();

    expect(first.events).toEqual([trouble, { ...trouble, available: true }]);
  });

  test('hears nothing of the breaker that a sandbox keeps for itself while the store fails', async () => {
    const down = () => Promise.reject(new StoreError('down'));
    const store = { ...memoryStore(), get: down, put: down, add: down };
    const { first } = fleet(1, { store, minimumCalls: 2 });

    await times(5, first.fails);

    expect(await first.works()).toMatchObject({ code: 'BREAKER_OPEN' });
    expect(first.events).toEqual([{ kind: 'breaker-store', name: 'posts', available: false }]);
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
    const { store, first } = fleet(1, { onEvent });

    await times(ENOUGH, async () => expect(await first.fails()).toEqual(outage()));

    await new Promise((resolve) => void setImmediate(resolve));
    expect(onEvent).toHaveBeenCalledWith(expect.objectContaining({ kind: 'breaker-state' }));
    expect(await store.get(KEY)).toMatchObject({ state: 'open' });
    expect(unhandled).not.toHaveBeenCalled();
  });

  test('may call through the breaker, and hears of a change no more often for it', async () => {
    const onEvent = vi.fn(({ kind }: BreakerEvent) => kind === 'breaker-state' && first.works());
    const { first } = fleet(1, { onEvent });

    await times(ENOUGH, first.fails);
    await settle();

    const kinds = onEvent.mock.calls.map(([{ kind }]) => kind);
    expect(kinds.filter((kind) => kind === 'breaker-state')).toHaveLength(1);
  });
});

describe('who listens to a breaker of one sandbox', () => {
  function alone() {
    const clock = fakeClock();
    const events: BreakerEvent[] = [];
    const onEvent = (event: BreakerEvent) => events.push(event);
    const breaker = circuitBreaker({ name: 'posts', clock, minimumCalls: 2, openMs: 5_000, onEvent });
    const call = (work: () => Promise<unknown>) => breaker.execute(work).catch((error: unknown) => error);
    return { clock, events, breaker, fails: () => call(failing), works: () => call(async () => 'ok') };
  }
  const change = { kind: 'breaker-state', name: 'posts', origin: 'self' };

  test('hears of its changes, and not of each probe', async () => {
    const { clock, events, fails, works } = alone();
    await times(2, fails);
    await clock.advance(5_000);
    await times(2, works);

    expect(events).toEqual([
      { ...change, from: 'closed', to: 'open', admittedFraction: 0 },
      { ...change, from: 'open', to: 'half-open', admittedFraction: 0 },
      { ...change, from: 'half-open', to: 'closed', admittedFraction: 1 },
    ]);
  });

  test('hears what is forced, and nothing where that is so already', async () => {
    const { breaker, events } = alone();
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
  const options = () => ({ name: 'posts', minimumCalls: 2, clock: fakeClock(), onEvent: vi.fn() });

  test('hears of its changes from the middleware', async () => {
    const given = options();
    const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
      .use(middleware<unknown, unknown>(given))
      .handler(failing);

    await times(2, () => lambda({}, contextWith()).catch(() => undefined));

    expect(given.onEvent).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ from: 'closed', to: 'open' }),
    );
  });

  test('hears of its changes from the wrapper', async () => {
    const given = options();
    const handler = withBreaker(given, failing);

    await times(2, () => handler().catch(() => undefined));

    expect(given.onEvent).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ from: 'closed', to: 'open' }),
    );
  });
});
