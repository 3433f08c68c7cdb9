import { systemClock } from '../../core/clock.ts';

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
  const clear = () => {
    if (stderr.isTTY) stderr.write('\r\u001b[K');
  };
  return {
    clear,
    show(done) {
      const text = `${done} of ${count} simulated`;
      const now = systemClock.monotonic();
      if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`);
      else if (now - shownAt >= LINE_EVERY_MS) {
        stderr.write(`${text}\n`);
        shownAt = now;
      }
    },
  };
}
