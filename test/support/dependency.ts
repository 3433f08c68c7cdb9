import { type Clock, sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';

/** A dependency that answers after so many milliseconds, and gives up when its signal aborts. */
export const answersAfter =
  (clock: Clock, ms: number) =>
  async ({ signal }: Pick<CallContext, 'signal'>): Promise<string> => {
    await sleep(clock, ms, signal);
    return 'fine';
  };

/** What a promise rejects with. */
export const errorOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    (value) => ({ unexpected: value }),
    (error: unknown) => error,
  );
