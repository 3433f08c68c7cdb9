import type { Call, ExecuteOptions } from '../../lib/core/execution.ts';
import type { Random } from '../../lib/core/random.ts';
import { retry } from '../../lib/policy/retry.ts';
import type { RetryOptions } from '../../lib/policy/retry-options.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { outage } from './outcomes.ts';

/** The highest number that chance gives: every wait is as long as it may be. */
export const highest: Random = { next: () => 1 - Number.EPSILON, token: () => 'token' };
/** The lowest number that chance gives: no wait takes any time. */
export const lowest: Random = { next: () => 0, token: () => 'token' };

/** Calls under a retry. One that fails for good gives its error. */
export function retried(call: Call<string>, given: RetryOptions, random: Random = lowest) {
  const clock = fakeClock();
  const policy = retry({ ...given, clock, random });
  const run = (options: ExecuteOptions = {}) =>
    policy.execute(call, options).catch((error: unknown) => error);
  return { clock, run };
}

/** How long it waits before each further attempt, while all of them fail. Milliseconds. */
export async function waitsOf(
  given: RetryOptions,
  random: Random = lowest,
  error: unknown = outage(),
): Promise<readonly number[]> {
  const startedAt: number[] = [];
  const call = () => {
    startedAt.push(clock.monotonic());
    return Promise.reject(error);
  };
  const { clock, run } = retried(call, given, random);
  // A moment that a date of whole seconds can name.
  clock.jump(-(clock.now() % 1_000));
  const done = run();
  await clock.advance(100_000);
  await done;
  return startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? 0));
}
