import { type Clock, systemClock } from '../../core/clock.ts';
import {
  enterInvocationContext,
  type Invocation,
  type InvocationContext,
  invocationContext,
  type Scope,
} from '../../core/invocation-context.ts';
import type { Timed } from '../../core/time-limit.ts';

/** What is not as in the present context. */
interface Narrower {
  readonly scope: Scope;
  readonly endsAt?: number;
  readonly clock?: Clock;
  readonly invocation?: Invocation;
}

/**
 * A context that is entered in a hook, instead of around a function. It leaks into the loop that calls the handler, and so
 * into what that runs next: its scope has to end with the request.
 */
export class EnteredContext implements InvocationContext {
  readonly scope: Scope;
  readonly endsAt: number;
  readonly clock: Clock;
  readonly invocation: Invocation | undefined;
  readonly attempt: Timed | undefined;
  /** Set where a breaker turns out to probe. */
  probeOf: string | object | undefined;
  #parent: InvocationContext | undefined;

  constructor(parent: InvocationContext | undefined, { scope, endsAt, clock, invocation }: Narrower) {
    this.scope = scope;
    this.endsAt = endsAt ?? parent?.endsAt ?? Infinity;
    this.clock = clock ?? parent?.clock ?? systemClock;
    this.invocation = invocation ?? parent?.invocation;
    // Its signal says when the time is over where the time is that of the attempt.
    this.attempt = endsAt === undefined ? parent?.attempt : undefined;
    this.#parent = parent;
  }

  /**
   * The next one that is not over. Those between are let go: requests that overlap in one loop would make an endless chain.
   * Each of them walks the chain when it begins, so it is no longer than requests overlap.
   */
  get parent(): InvocationContext | undefined {
    while (this.#parent?.scope.isOver) this.#parent = this.#parent.parent;
    return this.#parent;
  }
}

/**
 * The context around a request: that of a function which runs its handler. What another request has entered may be no more
 * than a leak into the loop that calls both, so it must not limit this one.
 */
export function surroundings(): InvocationContext | undefined {
  let context = invocationContext();
  while (context instanceof EnteredContext) context = context.parent;
  return context;
}

/**
 * Enters a context within the present one, for the rest of the request. Call it before the first await of a hook: behind
 * that, Middy would not see it.
 */
export function enterContext(narrower: Narrower): EnteredContext {
  const context = new EnteredContext(invocationContext(), narrower);
  enterInvocationContext(context);
  return context;
}
