import { breakerLayer } from '../../lib/breaker/layer.ts';
import type { OutcomeOptions } from '../../lib/breaker/options.ts';
import type { CallOutcome, CircuitBreaker, Permit } from '../../lib/breaker/permit.ts';
import type { Clock } from '../../lib/core/clock.ts';
import { policyOf } from '../../lib/core/layer.ts';

/** How a breaker counts outcomes, and the time that it keeps for reporting them, as a shared one does. */
export type Counting = Omit<OutcomeOptions, 'name'> & Pick<CircuitBreaker, 'reserveMs'>;

/** A breaker that admits every call, and keeps what is recorded of each, in order. */
export function recordingBreaker(
  clock: Clock,
  options: Counting = {},
  name = 'recording',
): { readonly breaker: CircuitBreaker; readonly recorded: readonly (CallOutcome | 'released')[] } {
  const recorded: (CallOutcome | 'released')[] = [];
  const permit: Permit = {
    isProbe: false,
    record({ cause: _, ...outcome }) {
      recorded.push(outcome);
      return undefined;
    },
    release() {
      recorded.push('released');
      return undefined;
    },
  };
  const identity = {};
  const admit = () => permit;
  const layer = breakerLayer({ admit, identity }, { name, ...options }, clock);
  const breaker: CircuitBreaker = {
    ...policyOf(clock, layer),
    ...{ name, state: 'closed', isInDoubt: false, identity, layer, admit, reserveMs: options.reserveMs ?? 0 },
    acquire: admit,
    force: async () => undefined,
  };
  return { breaker, recorded };
}
