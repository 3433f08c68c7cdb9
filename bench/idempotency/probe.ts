import type { Event, Run } from './subject.ts';

/** A handler that is watched: how often it ran, how often at once, and when. */
export interface Probe {
  readonly run: Run;
  readonly runs: number;
  /** The most runs that there ever were at once. */
  readonly peak: number;
  /** Resolves once the n-th run (from 1) has begun, or the call that should begin it has ended without. */
  begun(nth: number, call: Promise<unknown>): Promise<void>;
}

/** `work` gets the number of the run, from 1, and makes its result. */
export function probe(work: (nth: number, event: Event) => unknown): Probe {
  let runs = 0;
  let now = 0;
  let peak = 0;
  const begins: PromiseWithResolvers<void>[] = [];
  const begin = (nth: number) => (begins[nth] ??= Promise.withResolvers<void>());
  return {
    async run(event) {
      const nth = ++runs;
      peak = Math.max(peak, ++now);
      begin(nth).resolve();
      try {
        return await work(nth, event);
      } finally {
        now--;
      }
    },
    get runs() {
      return runs;
    },
    get peak() {
      return peak;
    },
    async begun(nth, call) {
      const ended = call.then(
        () => undefined,
        () => undefined,
      );
      await Promise.race([begin(nth).promise, ended]);
    },
  };
}

/** A run that is at work until the test ends it: a sandbox that was frozen or killed, where it never does. */
export const never = (): Promise<never> => new Promise(() => {});
