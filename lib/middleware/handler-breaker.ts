import { circuitBreaker } from '../breaker/local.ts';
import { type CircuitBreakerOptions, checkBreakerOptions } from '../breaker/options.ts';
import { type CircuitBreaker, isBreaker } from '../breaker/permit.ts';
import { systemClock } from '../core/clock.ts';
import { beginCall } from '../core/execution.ts';
import { invocationContext, isWithinProbeOf } from '../core/invocation-context.ts';
import { callFunction, type Invoke } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { isServerError } from '../core/server-error.ts';
import { enterContext } from './adapter/entered-context.ts';
import type { Session } from './adapter/hooks.ts';
import { noteError, ServerErrorAnswer } from './handler-outcome.ts';

const nothing = (): undefined => undefined;

/** Calls a handler. An answer of 500 or more is thrown, where the breaker does not know such answers for failures. */
const handlerCall =
  (throwsServerErrors: boolean): Invoke<unknown> =>
  async (execution) => {
    try {
      const response = await callFunction(execution);
      if (throwsServerErrors && isServerError(response)) throw new ServerErrorAnswer(response);
      return response;
    } catch (error) {
      noteError(error, execution.attemptState);
      throw error;
    }
  };

/** The layer that a breaker makes of calls of a handler, and its identity. */
function underBreaker(owner: string, given: CircuitBreaker | CircuitBreakerOptions) {
  checkOptions(owner, { breaker: given }, { required: { breaker: rule.object() } });
  if (isBreaker(given)) return { identity: given.identity, invoke: given.layer(handlerCall(true)) };
  checkBreakerOptions(owner, given);
  const { identity, layer } = circuitBreaker({ isFailedResult: isServerError, ...given });
  return { identity, invoke: layer(handlerCall(false)) };
}

/** A handler under a breaker. */
export class HandlerBreaker {
  readonly #identity: string | object;
  readonly #invoke: Invoke<unknown>;

  /** @throws {InvalidOptionError} for an unknown option or one out of range. */
  constructor(owner: string, given: CircuitBreaker | CircuitBreakerOptions) {
    const { identity, invoke } = underBreaker(owner, given);
    this.#identity = identity;
    this.#invoke = invoke;
  }

  /** Calls the handler, and settles as it does. */
  async run<R>(handle: () => R): Promise<Awaited<R>> {
    const clock = invocationContext()?.clock ?? systemClock;
    try {
      return (await this.#invoke(beginCall(clock, handle))) as Awaited<R>;
    } catch (error) {
      if (error instanceof ServerErrorAnswer) return error.response as Awaited<R>;
      throw error;
    }
  }

  /**
   * The same for a handler that Middy calls: for the breaker, the call lasts until the session ends.
   * @throws {BreakerOpenError} while the breaker is open.
   */
  async begin<R>(): Promise<Session<R>> {
    const scope = { isOver: false };
    const context = enterContext({ scope });
    const admission = Promise.withResolvers<boolean>();
    const handled = Promise.withResolvers<unknown>();
    const call = () => {
      admission.resolve(isWithinProbeOf(this.#identity));
      return handled.promise;
    };
    const execution = beginCall(context.clock, call);
    const settled = this.#invoke(execution);
    const over = settled.then(nothing, nothing);
    try {
      const isProbe = await Promise.race([admission.promise, settled]);
      // Not before: what else begins in this turn is not part of the probe, though it sees this context.
      if (isProbe === true) context.probeOf = this.#identity;
    } catch (error) {
      scope.isOver = true;
      throw error;
    }
    return {
      end(ended) {
        scope.isOver = true;
        // Then the breaker records nothing, and takes its permit back.
        if (ended.kind === 'early') execution.attemptState.called = false;
        if (ended.kind === 'failed') handled.reject(ended.error);
        else handled.resolve(ended.response);
        return over;
      },
    };
  }
}
