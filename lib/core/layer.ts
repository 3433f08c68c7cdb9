import type { Clock } from './clock.ts';
import { beginCall, type Call, type ExecuteOptions, type Execution } from './execution.ts';

/** Makes a call, or what is left of it. */
export type Invoke<T> = (execution: Execution) => Promise<T>;

/** One policy: makes of a call a protected one. */
export type Layer<T> = (next: Invoke<T>) => Invoke<T>;

/** The innermost: the function itself. What it throws at once is a rejection, and what is no promise is a value. */
export function callFunction<T>(execution: Execution): Promise<T> {
  const { state, run, holder } = execution;
  const { call, callerSignal } = state;
  if (callerSignal?.aborted) return Promise.reject(callerSignal.reason);
  // A layer of a user's own may come here when its attempt is over, and what that has held is another call's.
  if (run?.isAborted) return Promise.reject(run.signal.reason);
  execution.markCalled();
  try {
    // It gives what its caller says that it gives.
    const work = Promise.resolve(call(execution) as T);
    holder?.hold(work);
    return work;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The layers as one, the first of them outermost. */
export const compose = <T>(layers: readonly Layer<T>[]): Invoke<T> =>
  layers.reduceRight<Invoke<T>>((next, layer) => layer(next), callFunction);

/** One policy alone. */
export interface Policy {
  /** Makes the call and settles with its outcome, or with what the policy makes of it. */
  execute<T>(call: Call<T>, options?: ExecuteOptions): Promise<T>;
}

/** Runs calls under one layer. */
export function policyOf(clock: Clock, layer: <T>(next: Invoke<T>) => Invoke<T>): Policy;
/** The same for a layer that makes values of its own. */
export function policyOf<T>(
  clock: Clock,
  layer: Layer<T>,
): { execute(call: Call<unknown>, options?: ExecuteOptions): Promise<T> };
export function policyOf<T>(clock: Clock, layer: Layer<T>): unknown {
  const invoke = layer(callFunction);
  return {
    execute: (call: Call<T>, options?: ExecuteOptions) => invoke(beginCall(clock, call, options)),
  };
}
