import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import type { Timed } from './time-limit.ts';

/** Something that calls run within, and that ends. What it has left running runs on without it. */
export interface Scope {
  /** From then on it limits nothing and says nothing about calls made in it. */
  readonly isOver: boolean;
}

/** One invocation of the function. Its remains may run on in the next one, after a freeze in between. */
export interface Invocation extends Scope {
  /** Set when the answer has been given. */
  isOver: boolean;
}

/** What everything knows that is started in an invocation, in an attempt of a protected call, or in a probe. */
export interface InvocationContext {
  /** Ends: an invocation that has answered, an attempt that has settled, a probe whose outcome is recorded. */
  readonly scope: Scope;
  /** What this is part of. */
  readonly parent?: InvocationContext | undefined;
  /** When the time is over, by the monotonic clock of `clock`. Infinity where nothing limits it. */
  readonly endsAt: number;
  readonly clock: Clock;
  readonly invocation?: Invocation | undefined;
  /** The attempt of the call that this is part of: when it is given up, so is what it has started. */
  readonly attempt?: Timed | undefined;
  /** The breaker whose probe this is part of: its calls run under the probe's permit. */
  readonly probeOf?: string | object | undefined;
}

// Of all invocations that this process runs, each sees its own.
const current = new AsyncLocalStorage<InvocationContext>();

/**
 * The context of what runs, without the parts that are over: an invocation that has answered must not limit a later call
 * that happens to run in its context, such as that of the runtime's own loop.
 */
export function invocationContext(): InvocationContext | undefined {
  let context = current.getStore();
  // An attempt that was given up limits what it has started, but not beyond its invocation.
  while (context && (context.scope.isOver || context.invocation?.isOver)) context = context.parent;
  return context;
}

/** How long what runs here may still take, by its invocation or attempt. Milliseconds; Infinity where nothing limits it. */
export function contextLeftMs(): number {
  const { endsAt = Infinity, clock } = invocationContext() ?? {};
  return clock ? Math.max(0, endsAt - clock.monotonic()) : Infinity;
}

/**
 * From here on, and in all that is started from here, this is the context. Call it before the first await of a function:
 * behind that, the function's own caller would not see it.
 */
export const enterInvocationContext = (context: InvocationContext): void => current.enterWith(context);

export const runInContext = <T, A extends readonly unknown[]>(
  context: InvocationContext,
  run: (...args: A) => T,
  ...args: A
): T => current.run(context, run, ...args);

/** Whether a call made here is part of a probe of this breaker. */
export function isWithinProbeOf(breaker: string | object): boolean {
  let context = invocationContext();
  while (context !== undefined) {
    if (context.probeOf === breaker && !context.scope.isOver) return true;
    context = context.parent;
  }
  return false;
}

/** Whether a call made here is part of a probe of some breaker. */
export function isWithinProbe(): boolean {
  let context = invocationContext();
  while (context !== undefined) {
    if (context.probeOf !== undefined && !context.scope.isOver) return true;
    context = context.parent;
  }
  return false;
}
