import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import type { Timed } from './deadline.ts';

/** One invocation of the function. What it leaves behind may run on in the next one, after a freeze in between. */
export interface Invocation {
  /** Whether its answer has been given. What settles then says nothing about anybody. */
  isOver: boolean;
}

/** What everything knows that is started in an invocation, or in a call that is a part of one. */
export interface Ambient {
  /** When the time of what is around is over, by the monotonic clock. */
  readonly endsAt: number;
  readonly clock: Clock;
  readonly invocation: Invocation;
  /** The attempt of the call that is around, if there is one: when it is given up, so is what it has started. */
  readonly attempt?: Timed;
}

// Of all invocations that this process runs, each sees its own.
const current = new AsyncLocalStorage<Ambient>();

export const ambient = (): Ambient | undefined => current.getStore();

/**
 * From here on, and in all that is started from here, this is what is around. Has to be called before the first await of
 * the function that calls it: behind that, its own caller would not see it.
 */
export const enterAmbient = (around: Ambient): void => current.enterWith(around);

export const runInAmbient = <T, A extends readonly unknown[]>(
  around: Ambient,
  run: (...args: A) => T,
  ...args: A
): T => current.run(around, run, ...args);
