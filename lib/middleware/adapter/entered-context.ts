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

const isOver = ({ scope, invocation }: InvocationContext): boolean =>
  scope.isOver || invocation?.isOver === true;

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

  /** The next one that is not over. Those between are let go. */
  get parent(): InvocationContext | undefined {
    while (this.#parent && isOver(this.#parent)) this.#parent = this.#parent.parent;
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

/** Lets go of all that is over. Requests that overlap in one loop would make an endless chain of contexts. */
function letGoOf(context: InvocationContext | undefined): void {
  let current = context;
  while (current !== undefined) current = current.parent;
}

/**
 * Enters a context within the present one, for the rest of the request. Call it before the first await of a hook: behind
 * that, Middy would not see it.
 */
export function enterContext(narrower: Narrower): EnteredContext {
  const parent = invocationContext();
  letGoOf(parent);
  const context = new EnteredContext(parent, narrower);
  enterInvocationContext(context);
  return context;
}
