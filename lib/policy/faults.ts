import type { Call } from '../core/call.ts';
import { mayPass } from '../core/classify.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { FibrinError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import {
  type CorruptFault,
  checkFaultOptions,
  type Fault,
  type FaultOptions,
  faultsOf,
  type PlainFault,
} from './fault-options.ts';

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

/** Failures on purpose, around the function that a policy protects. */
export interface FaultInjection {
  /** The call so that each attempt draws which of the faults for this name it meets. */
  around<T>(call: Call<T>, name: string, clock: Clock, random: Random): Call<T>;
}

/**
 * Makes a dependency fail on purpose, for game days, as the option `faults` of `resilient`: each attempt draws which of the
 * faults it meets. It sits just around the function, so that every policy takes them for failures of the dependency.
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
    around(call, name, clock, random) {
      const faults = faultsOf(all, name);
      if (faults.length === 0) return call;
      return async (context) => meetFaults(call, drawFaults(faults, random), clock)(context);
    },
  };
}
