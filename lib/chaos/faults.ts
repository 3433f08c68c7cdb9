import { type Clock, sleep } from '../core/clock.ts';
import { FibrinError } from '../core/errors.ts';
import type { Call } from '../core/execution.ts';
import type { Random } from '../core/random.ts';
import { isTransientStatus } from '../core/status.ts';
import type { FaultInjection } from '../policy/options.ts';
import {
  type CorruptFault,
  checkFaultOptions,
  type Fault,
  type FaultOptions,
  faultsOf,
  type PlainFault,
} from './fault-options.ts';

/** A failure that was injected. Retries and breakers take it for one of the dependency with this status. */
export class InjectedFaultError extends FibrinError {
  override readonly name: string = 'InjectedFaultError';
  /** The status that the dependency is made to answer with. */
  readonly downstreamStatus: number;
  constructor(status: number) {
    super('INJECTED_FAULT', `An error with status ${status} was injected on purpose`, {
      status,
      retryable: isTransientStatus(status),
    });
    this.downstreamStatus = status;
  }
}

/** Never ends by itself. Waits for no timer, so only the signal's listener is there, and it goes with the abort. */
const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** What comes instead of a value. */
export const corrupt = (fault: CorruptFault, value: unknown): unknown =>
  fault.with ? fault.with(value) : { corrupted: 'on purpose' };

function meet<T>(fault: PlainFault, call: Call<T>, clock: Clock): Call<T> {
  switch (fault.kind) {
    case 'latency':
      return async (context) => {
        await sleep(clock, fault.ms, context.signal);
        return await call(context);
      };
    case 'error':
      return async () =>
        Promise.reject(fault.error ? fault.error() : new InjectedFaultError(fault.status ?? 500));
    case 'hang':
      return ({ signal }) => hang(signal);
    case 'corrupt':
      // A lie about the type is what this fault is.
      return async (context) => corrupt(fault, await call(context)) as T;
  }
}

/** Makes the call so that it meets each of the faults, the first one outermost. */
export const meetFaults = <T>(call: Call<T>, faults: readonly PlainFault[], clock: Clock): Call<T> =>
  faults.reduceRight((inner, fault) => meet(fault, inner, clock), call);

/** Those of the faults whose turn it is. Draws once for each, whatever comes of it, so that a seed brings the same again. */
export const drawFaults = <F extends Fault>(faults: readonly F[], random: Random): readonly F[] =>
  faults.filter(({ rate = 1 }) => random.next() < rate);

/**
 * Makes a dependency fail on purpose, for game days, as the option `faults` of `resilient`: each attempt draws which of the
 * faults it meets. It is the innermost layer, so every policy takes them for failures of the dependency.
 * @throws {InvalidOptionError} when it is constructed with a bad option, and without `enabled`.
 * @see https://principlesofchaos.org
 * @example
 * ```ts
 * const rates = resilient<number>({
 *   name: 'rates',
 *   faults: injectFaults({
 *     enabled: process.env['GAME_DAY'] === 'on',
 *     faults: [{ kind: 'latency', ms: 800, rate: 0.2, target: 'rates' }],
 *   }),
 * });
 * ```
 */
export function injectFaults(options: FaultOptions): FaultInjection {
  const all = checkFaultOptions('injectFaults', options);
  return {
    layer(name, clock, random) {
      const faults = faultsOf(all, name);
      return (next) =>
        async function callWithFaults(execution) {
          const drawn = drawFaults(faults, random);
          if (drawn.length === 0) return next(execution);
          // A fault stands in for the function, so the attempt that meets it counts as made.
          execution.markCalled();
          return meetFaults(() => next(execution), drawn, clock)(execution);
        };
    },
  };
}
