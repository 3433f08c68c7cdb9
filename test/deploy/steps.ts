import { systemClock } from '../../lib/core/clock.ts';

/** What a long check says while it runs: each step with its time, and what it found. */
export interface Steps {
  /** Runs a step and says how long it took, with what it found out. */
  step<T>(what: string, work: () => Promise<T>, found?: (result: T) => string): Promise<T>;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(6)} s`;

export function startSteps(say: (line: string) => void): Steps {
  return {
    async step(what, work, found) {
      const startedAt = systemClock.monotonic();
      const result = await work().catch((error: unknown) => {
        say(`${seconds(systemClock.monotonic() - startedAt)}  ${what}: FAILED`);
        throw error;
      });
      const detail = found === undefined ? '' : `: ${found(result)}`;
      say(`${seconds(systemClock.monotonic() - startedAt)}  ${what}${detail}`);
      return result;
    },
  };
}

/** Asks again and again until the answer is one that is waited for. */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => Promise<T>,
  isIt: (answer: T) => boolean,
): Promise<T> {
  const giveUpAt = systemClock.monotonic() + limitMs;
  for (;;) {
    const answer = await ask();
    if (isIt(answer)) return answer;
    if (systemClock.monotonic() > giveUpAt)
      throw new Error(
        `${what}: not within ${limitMs / 1_000} s; the last answer was ${JSON.stringify(answer)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
