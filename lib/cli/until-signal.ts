import type { Clock } from '../core/clock.ts';

/** The signals that end a command, with the exit code that a shell shows for each. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type EndingSignal = keyof typeof SIGNALS;

/** A signal that comes so soon after the first is the same one. Milliseconds. */
const REPEAT_MS = 1_000;

export interface Ending {
  /** Aborts with the first signal. */
  readonly signal: AbortSignal;
  /** The exit code, as soon as there was a signal. */
  readonly code: Promise<number>;
  /** Leaves later signals to whoever else listens. */
  release(): void;
}

export interface SignalSource {
  on(name: EndingSignal, listener: () => void): unknown;
  off(name: EndingSignal, listener: () => void): unknown;
  exit(code: number): unknown;
}

/**
 * The first signal begins the end. A terminal sends Ctrl-C to each process of its group, and `npx` passes on what it gets:
 * the same signal comes twice, and must not break the end off. One that comes later is somebody who does not want to wait.
 */
export function untilSignal(source: SignalSource, clock: Clock): Ending {
  const aborting = new AbortController();
  let firstAtMs: number | undefined;
  let ended = (_code: number): void => undefined;
  const code = new Promise<number>((resolve) => {
    ended = resolve;
  });
  const listeners = (Object.keys(SIGNALS) as EndingSignal[]).map((name) => {
    const listener = () => {
      if (firstAtMs !== undefined) {
        if (clock.monotonic() - firstAtMs >= REPEAT_MS) source.exit(SIGNALS[name]);
        return;
      }
      firstAtMs = clock.monotonic();
      ended(SIGNALS[name]);
      aborting.abort(new InterruptedError(SIGNALS[name]));
    };
    source.on(name, listener);
    return { name, listener };
  });
  return {
    signal: aborting.signal,
    code,
    release() {
      for (const { name, listener } of listeners) source.off(name, listener);
    },
  };
}

class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  constructor(code: number) {
    super(`ended by a signal (exit ${code})`);
  }
}
