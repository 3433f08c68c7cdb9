import type { Clock } from '../core/clock.ts';
import type { World } from './world.ts';

/** One sandbox, as far as it can delay what runs in it. */
export interface Sandbox {
  readonly clock: Clock;
  /** Something has come in from outside: it is taken now, or when the sandbox is thawed. */
  receive(take: () => void): void;
  /** An invocation begins, which thaws it. */
  begin(handle: () => void): void;
  end(): void;
}

/** One that never stands still. There are thousands, so it keeps nothing. */
export const wakefulSandbox = (clock: Clock): Sandbox => ({
  clock,
  receive: (take) => take(),
  begin: (handle) => handle(),
  end() {},
});

/**
 * One that stands still between invocations, as Lambda's do. While it is frozen its timers do not run and no answer reaches
 * it. With the thaw come the timers that are overdue, then the answers, then the invocation: of the orders that there may be
 * the one in which most is taken for late.
 */
export function freezingSandbox(virtual: World, wellClock: Clock): Sandbox {
  let running = 0;
  let overdue: (() => void)[] = [];
  let answers: (() => void)[] = [];
  const isFrozen = () => running === 0;
  return {
    clock: {
      ...wellClock,
      after(delayMs, run) {
        let isOff = false;
        const fire = () => {
          if (!isOff) run();
        };
        const cancel = wellClock.after(delayMs, () => {
          if (isFrozen()) overdue.push(fire);
          else fire();
        });
        return () => {
          isOff = true;
          cancel();
        };
      },
    },
    receive(take) {
      if (isFrozen()) answers.push(take);
      else take();
    },
    begin(handle) {
      running++;
      const held = [...overdue, ...answers];
      overdue = [];
      answers = [];
      if (held.length === 0) return handle();
      // One after the other, so that what waits for a promise goes on between two.
      for (const run of [...held, handle])
        virtual.at(virtual.now, () => {
          virtual.wake();
          run();
        });
    },
    end() {
      running--;
    },
  };
}
