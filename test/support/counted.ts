import type { CallOutcome } from '../../lib/breaker/permit.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { type Resilient, resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { type Counting, recordingBreaker } from './recording-breaker.ts';

interface Counted {
  readonly clock: FakeClock;
  readonly posts: Resilient<unknown>;
  readonly recorded: readonly (CallOutcome | 'released')[];
}

/** A policy under a breaker that keeps what is recorded. */
export function counted(options: Counting = {}, given: Partial<ResilientOptions<unknown>> = {}): Counted {
  const clock = fakeClock();
  const { breaker, recorded } = recordingBreaker(clock, options);
  const posts = resilient<unknown>({ name: 'posts', clock, breaker, attemptTimeoutMs: 800, ...given });
  return { clock, posts, recorded };
}

/** What a call comes to, when so much time has passed. */
export async function within<T>(
  { clock }: { readonly clock: FakeClock },
  ms: number,
  run: Promise<T>,
): Promise<T> {
  await clock.advance(ms);
  return run;
}
