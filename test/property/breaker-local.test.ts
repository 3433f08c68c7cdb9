import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const OPEN_MS = 5_000;
const WINDOW_MS = 10_000;
const SLOT_MS = WINDOW_MS / 20;

type Ends = 'well' | 'failed' | 'nothing';
type Event =
  | { readonly kind: 'call'; readonly ends: Ends; readonly tookMs: number }
  | { readonly kind: 'pass'; readonly ms: number; readonly frozen: boolean }
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'force'; readonly state: 'open' | 'closed' | 'auto' };

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        kind: fc.constant('call' as const),
        ends: fc.constantFrom<Ends>('well', 'failed', 'failed', 'nothing'),
        tookMs: fc.constantFrom(0, 0, 0, 10, 700),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        ms: fc.constantFrom(1, 999, 1_000, 4_999, 5_000, 11_000),
        frozen: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -1e9, max: 1e9 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('force' as const),
        state: fc.constantFrom('open' as const, 'closed' as const, 'auto' as const),
      }),
    },
  ),
  { minLength: 20, maxLength: 60 },
);

const settings = fc.record({
  minimumCalls: fc.integer({ min: 1, max: 5 }),
  failureRatio: fc.constantFrom(0.05, 0.1, 0.3),
  probesToClose: fc.integer({ min: 1, max: 3 }),
  slowCallMs: fc.constantFrom(undefined, 500),
});

interface Settings {
  readonly minimumCalls: number;
  readonly failureRatio: number;
  readonly probesToClose: number;
  readonly slowCallMs: number | undefined;
}

/** What a breaker promises, in the plainest words: all outcomes are kept and counted anew each time. */
function promised({ minimumCalls, failureRatio, probesToClose }: Settings) {
  let state = 'closed';
  let seen: { readonly slot: number; readonly failed: boolean }[] = [];
  let openUntil = 0;
  let succeeded = 0;
  /** Slots that end within the window, or before which fewer than twenty calls are newer. */
  const windowAt = (now: number) =>
    seen.filter(({ slot }) => {
      const ageMs = now - (slot + 1) * SLOT_MS;
      const newer = seen.filter((other) => other.slot > slot).length;
      return ageMs < WINDOW_MS || (newer < 20 && ageMs < 3_600_000);
    });
  /** Three standard deviations, and 0.35 more for each tenfold of calls a second, above the ratio. */
  const isSurelyFailing = (now: number) => {
    const window = windowAt(now);
    const recent = window.filter(({ slot }) => now - (slot + 1) * SLOT_MS < WINDOW_MS).length;
    const z = 3 + 0.35 * Math.log10(Math.max(1, recent / (WINDOW_MS / 1_000)));
    return window.some(({ slot }) => {
      const suffix = window.filter((each) => each.slot >= slot);
      const observed = suffix.filter((each) => each.failed).length / suffix.length;
      const deviation = Math.sqrt((failureRatio * (1 - failureRatio)) / suffix.length);
      return suffix.length >= minimumCalls && observed - failureRatio > z * deviation;
    });
  };
  const open = (now: number) => {
    state = 'open';
    openUntil = now + OPEN_MS;
  };
  const close = () => {
    state = 'closed';
    seen = [];
  };
  return {
    state: () => state,
    admits(now: number): boolean {
      if (state === 'open' && now >= openUntil) {
        state = 'half-open';
        succeeded = 0;
      }
      return state === 'closed' || state === 'forced-closed' || state === 'half-open';
    },
    settle(failed: boolean | undefined, now: number): void {
      if (failed === undefined) return;
      if (state === 'half-open') {
        if (failed) open(now);
        else if (++succeeded >= probesToClose) close();
        return;
      }
      const slot = Math.floor(now / SLOT_MS);
      seen = [...seen, { slot, failed }];
      if (failed && state === 'closed' && isSurelyFailing(now)) open(now);
    },
    force(to: 'open' | 'closed' | 'auto'): void {
      if (to !== 'auto') state = `forced-${to}`;
      else if (state.startsWith('forced-')) close();
    },
  };
}

describe('a breaker of one environment', () => {
  test('opens, probes and closes as a naive recount says, whatever the clocks do', async () => {
    const visited: Record<string, number> = {};
    let refusals = 0;
    const property = fc.asyncProperty(settings, events, async ({ slowCallMs, ...given }, all) => {
      const clock = fakeClock();
      const options = { ...given, name: 'posts', openMs: OPEN_MS, windowMs: WINDOW_MS, clock };
      const breaker = circuitBreaker({ ...options, ...(slowCallMs !== undefined && { slowCallMs }) });
      const model = promised({ ...given, slowCallMs });

      for (const event of all) {
        if (event.kind === 'pass') await (event.frozen ? clock.freeze(event.ms) : clock.advance(event.ms));
        else if (event.kind === 'jump') clock.jump(event.ms);
        else if (event.kind === 'force') {
          await breaker.force(event.state);
          model.force(event.state);
        } else {
          const beganAt = clock.monotonic();
          const admitted = model.admits(beganAt);
          let made = false;
          const outcome = await breaker
            .execute(async () => {
              made = true;
              await clock.advance(event.tookMs);
              if (event.ends === 'failed') throw Object.assign(new Error('outage'), { status: 503 });
              if (event.ends === 'nothing') throw new TypeError('bug');
            })
            .catch((error: unknown) => error);
          expect(made).toBe(admitted);
          if (!admitted) {
            refusals++;
            expect(outcome).toBeInstanceOf(BreakerOpenError);
          } else {
            const slow = slowCallMs !== undefined && event.tookMs >= slowCallMs;
            const failed = event.ends === 'nothing' ? undefined : event.ends === 'failed' || slow;
            model.settle(failed, clock.monotonic());
          }
        }
        expect(breaker.state).toBe(model.state());
        visited[breaker.state] = (visited[breaker.state] ?? 0) + 1;
        expect(clock.pending).toBe(0);
      }
    });
    await fc.assert(property, { seed: 62, numRuns: 1_000 });
    expect(Object.keys(visited).sort()).toEqual([
      'closed',
      'forced-closed',
      'forced-open',
      'half-open',
      'open',
    ]);
    expect(Math.min(...Object.values(visited), refusals), JSON.stringify(visited)).toBeGreaterThan(50);
  });
});
