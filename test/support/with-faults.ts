import type { Fault } from '../../lib/chaos/fault-options.ts';
import { injectFaults } from '../../lib/chaos/faults.ts';
import type { Clock } from '../../lib/core/clock.ts';
import type { Call, ExecuteOptions } from '../../lib/core/execution.ts';
import { policyOf } from '../../lib/core/layer.ts';
import type { Random } from '../../lib/core/random.ts';

/** Makes calls of "posts" that meet these faults and are under no policy. */
export function withFaults<T>(
  faults: readonly Fault[],
  call: Call<T>,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): (options: ExecuteOptions) => Promise<T> {
  const policy = policyOf(clock, injectFaults({ enabled: true, faults }).layer('posts', clock, random));
  return (options) => policy.execute(call, options);
}
