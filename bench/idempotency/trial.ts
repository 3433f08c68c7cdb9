import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, Verdict } from './scenario.ts';
import type { Library } from './subject.ts';

export interface Trial extends Verdict {
  /** The scenario itself did not come to its end: nothing was measured. Never ok. */
  readonly broken: boolean;
  readonly tookMs: number;
}

/** No scenario takes a tenth of it. */
const LIMIT_MS = 30_000;

/** Puts one library to one test, on a table of its own. */
export async function trial(library: Library, scenario: Scenario, endpoint: string): Promise<Trial> {
  const startMs = performance.now();
  const subject = await library.open(endpoint);
  const given = new AbortController();
  const tooLong = sleep(LIMIT_MS, undefined, { signal: given.signal }).then(() => {
    throw new Error(`no outcome within ${LIMIT_MS / 1_000} s`);
  });
  try {
    const verdict = await Promise.race([scenario.run(subject), tooLong]);
    return { ...verdict, broken: false, tookMs: Math.round(performance.now() - startMs) };
  } catch (error) {
    const observed = `the scenario broke: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, observed, broken: true, tookMs: Math.round(performance.now() - startMs) };
  } finally {
    tooLong.catch(() => undefined);
    given.abort();
    subject.close();
  }
}
