import { mayPass } from '../core/classify.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { FibrinError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { Call } from './call.ts';
import type { CorruptFault, Fault, PlainFault } from './fault-options.ts';

/** A failure that somebody asked for. Retries and breakers take it for one of the dependency with this status. */
export class InjectedFaultError extends FibrinError {
  override readonly name: string = 'InjectedFaultError';
  constructor(status: number) {
    super('INJECTED_FAULT', `An error with status ${status} was injected on purpose`, {
      status,
      retryable: mayPass(status),
    });
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
        return call(context);
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
 * Makes a dependency fail on purpose: each attempt draws which of the faults it meets. Sits innermost, just around the
 * function, so that every policy sees them as failures of the dependency.
 * @see https://principlesofchaos.org
 */
export function injectFaults<T>(
  call: Call<T>,
  faults: readonly Fault[],
  clock: Clock,
  random: Random,
): Call<T> {
  return async (context) => meetFaults(call, drawFaults(faults, random), clock)(context);
}
