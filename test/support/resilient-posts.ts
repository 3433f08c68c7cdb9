import type { SharedBreakerOptions } from '../../lib/breaker/options.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { type Resilient, resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../lib/testing/index.ts';

interface Built<T> {
  readonly clock: FakeClock;
  readonly posts: Resilient<T>;
}

/** Protected calls of posts, on a clock that stands still. */
export function build<T>(given: Omit<ResilientOptions<T>, 'name'> = {}): Built<T> {
  const clock = fakeClock();
  return { clock, posts: resilient<T>({ name: 'posts', clock, random: seededRandom(1), ...given }) };
}

/** The same under a shared breaker, which has the policy's name, clock and chance. */
export function buildShared<T>(
  shared: Omit<SharedBreakerOptions, 'name' | 'clock' | 'random'>,
  given: Omit<ResilientOptions<T>, 'name' | 'breaker' | 'clock'> = {},
): Built<T> {
  const clock = fakeClock();
  const { random = seededRandom(1) } = given;
  const breaker = sharedBreaker({ ...shared, name: 'posts', clock, random });
  return { clock, posts: resilient<T>({ ...given, name: 'posts', clock, random, breaker }) };
}
