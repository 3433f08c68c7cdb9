import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { answersAfter, errorOf } from '../support/dependency.ts';
import { opens, POLICIES, shared } from '../support/every-policy.ts';

/** Breakers that are not closed. */
const OPEN: typeof POLICIES = [
  [
    'an open circuitBreaker',
    async (clock) => {
      const breaker = circuitBreaker({ name: 'posts', clock });
      await opens(breaker);
      return breaker;
    },
  ],
  [
    'an open sharedBreaker',
    async (clock) => {
      const breaker = shared(clock);
      await opens(breaker);
      return breaker;
    },
  ],
  [
    'a half-open circuitBreaker',
    async (clock) => {
      const breaker = circuitBreaker({ name: 'posts', openMs: 1_000, clock });
      await opens(breaker);
      await clock.advance(1_000);
      return breaker;
    },
  ],
  [
    'resilient with a fallback and an open breaker',
    async (clock) => {
      const breaker = circuitBreaker({ name: 'posts', clock });
      await opens(breaker);
      return resilient<unknown>({ name: 'posts', breaker, fallback: 'stale', retry: {}, clock });
    },
  ],
];

describe('a signal that has aborted already', () => {
  test.each([...POLICIES, ...OPEN])(
    'has %s reject with its reason, and calls nothing',
    async (_name, make) => {
      const clock = fakeClock();
      const policy = await make(clock);
      const call = vi.fn(async () => 'fine');

      for (const reason of [new Error('gone'), 'gone', null, 0]) {
        const run = errorOf(policy.execute(call, { signal: AbortSignal.abort(reason) }));
        await clock.advance(10_000);
        expect(await run).toBe(reason);
      }

      expect(call).not.toHaveBeenCalled();
      expect(clock.pending).toBe(0);
    },
  );

  test('takes no probe of a half-open breaker, so the next call makes it', async () => {
    const clock = fakeClock();
    const breaker = circuitBreaker({ name: 'posts', openMs: 1_000, probesToClose: 1, clock });
    await opens(breaker);
    await clock.advance(1_000);

    expect(await errorOf(breaker.execute(async () => 'fine', { signal: AbortSignal.abort('gone') }))).toBe(
      'gone',
    );
    expect(await breaker.execute(async () => 'fine')).toBe('fine');
    expect(breaker.state).toBe('closed');
  });

  test('is no attempt, and no rejection, in the events of a policy', async () => {
    const events: PolicyEvent[] = [];
    const posts = resilient<string>({
      name: 'posts',
      clock: fakeClock(),
      onEvent: (event) => events.push(event),
    });

    const outcome = await posts.outcome(async () => 'fine', { signal: AbortSignal.abort('gone') });

    expect(outcome).toMatchObject({ source: 'none', attempts: 0, error: 'gone' });
    expect(events.map(({ kind }) => kind)).toEqual(['outcome']);
  });
});

describe('a signal that aborts during the call', () => {
  test.each(POLICIES)('has %s reject with its reason, and gives no fallback', async (_name, make) => {
    const clock = fakeClock();
    const policy = await make(clock);
    const controller = new AbortController();
    const call = vi.fn(answersAfter(clock, 100));
    const run = errorOf(policy.execute(call, { signal: controller.signal }));
    await clock.advance(50);
    controller.abort('gone');
    await clock.advance(10_000);

    expect(await run).toBe('gone');
    expect(call).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });
});

describe('a signal of another library', () => {
  /** Without `reason` and `throwIfAborted`, as signals were in the days of Node 16. */
  class OldSignal extends EventTarget {
    aborted = false;
    abort() {
      this.aborted = true;
      this.dispatchEvent(new Event('abort'));
    }
  }

  test.each(POLICIES)('ends a call: %s', async (_name, make) => {
    const clock = fakeClock();
    const policy = await make(clock);
    const signal = new OldSignal();
    const settled = vi.fn();
    const call = ({ signal: own }: { readonly signal: AbortSignal }) => sleep(clock, 100, own);
    policy.execute(call, { signal: signal as never }).then(settled, settled);
    await clock.advance(10);
    signal.abort();
    await clock.advance(0);

    expect(settled).toHaveBeenCalledTimes(1);
  });

  test.each(POLICIES)('that has aborted already lets no call be made: %s', async (_name, make) => {
    const policy = await make(fakeClock());
    const signal = new OldSignal();
    signal.abort();
    const call = vi.fn(() => 'fine');

    expect(await errorOf(policy.execute(call, { signal: signal as never }))).toBeUndefined();
    expect(call).not.toHaveBeenCalled();
  });
});
