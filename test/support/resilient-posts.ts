import type { ResilientOptions } from '../../lib/policy/options.ts';
import { type Resilient, resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../lib/testing/index.ts';

/** Protected calls of posts, on a clock that stands still. */
export function build<T>(given: Omit<ResilientOptions<T>, 'name'> = {}): {
  readonly clock: FakeClock;
  readonly posts: Resilient<T>;
} {
  const clock = fakeClock();
  return { clock, posts: resilient<T>({ name: 'posts', clock, random: seededRandom(1), ...given }) };
}
