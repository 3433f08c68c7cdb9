import { systemClock } from '../../core/clock.ts';
import { printError, showProgress } from '../../terminal/print.ts';

/** Between two lines where no terminal shows them. Milliseconds. */
const LINE_EVERY_MS = 15_000;

export interface Progress {
  show(done: number): void;
  /** Removes it, so that something else can be written. */
  clear(): void;
}

/** Shows on the error stream how many of all simulations have ended. */
export function progressOf(count: number): Progress {
  const { stderr } = process;
  let shownAt = systemClock.monotonic();
  const clear = () => showProgress('');
  return {
    clear,
    show(done) {
      const text = `${done} of ${count} simulated`;
      const now = systemClock.monotonic();
      showProgress(text);
      if (stderr.isTTY || now - shownAt < LINE_EVERY_MS) return;
      printError(text);
      shownAt = now;
    },
  };
}
