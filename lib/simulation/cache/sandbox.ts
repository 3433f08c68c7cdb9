import type { Sandbox } from '../sandbox.ts';
import type { World } from '../world.ts';

/** A sandbox that can end, or stand still, whatever runs in it. */
export interface MortalSandbox extends Sandbox {
  /** Nothing of it goes on: no timer runs and no answer reaches it. */
  kill(): void;
  /** Timers and answers of that time come after it, one after the other. */
  freezeFor(ms: number): void;
}

export function mortalSandbox(virtual: World, inner: Sandbox): MortalSandbox {
  let isDead = false;
  let held: (() => void)[] | undefined;
  const pass = (run: () => void) => {
    if (isDead) return;
    if (held) held.push(run);
    else run();
  };
  return {
    clock: {
      ...inner.clock,
      after(delayMs, run) {
        let isOff = false;
        const cancel = inner.clock.after(delayMs, () =>
          pass(() => {
            if (!isOff) run();
          }),
        );
        return () => {
          isOff = true;
          cancel();
        };
      },
    },
    receive: (take) => inner.receive(() => pass(take)),
    begin: (handle) => inner.begin(handle),
    end: () => inner.end(),
    kill() {
      isDead = true;
    },
    freezeFor(ms) {
      held = [];
      virtual.at(virtual.now + ms, () => {
        const late = held ?? [];
        held = undefined;
        for (const run of late)
          virtual.at(virtual.now, () => {
            virtual.wake();
            run();
          });
      });
    },
  };
}
