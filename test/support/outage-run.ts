import { expect } from 'vitest';
import { type Api, apiOf, breakerStateOf } from './api.ts';
import { askFor, forgetAll, unasked } from './asked.ts';
import { type StartedRun, startRun } from './local-run.ts';

/** The profile app in real time, for outages of what it calls. */
export interface OutageRun {
  readonly run: StartedRun;
  readonly api: Api;
  /** For a profile that nobody has asked for since the start. */
  ask(): ReturnType<typeof askFor>;
  askFour(): Promise<Awaited<ReturnType<typeof askFor>>[]>;
  breakerOfPosts(): ReturnType<typeof breakerStateOf>;
  /** Asks until the breaker is open. Where few calls are made a second, it takes a while to know how many. */
  expectToOpen(): Promise<void>;
  /** What one row has taught breaker and caches must not answer for the next: a new sandbox, and tables that hold nothing. */
  startAfresh(): Promise<void>;
}

export async function startOutageRun(): Promise<OutageRun> {
  const run = await startRun();
  const api = apiOf(run.url);
  let next = unasked();
  const ask = () => askFor(api, next());
  const askFour = () => Promise.all([1, 2, 3, 4].map(ask));
  const breakerOfPosts = () => breakerStateOf(api, 'posts');
  return {
    run,
    api,
    ask,
    askFour,
    breakerOfPosts,
    async expectToOpen() {
      await expect
        .poll(async () => {
          await askFour();
          return breakerOfPosts();
        })
        .toBe('open');
    },
    async startAfresh() {
      next = unasked();
      await forgetAll(api);
    },
  };
}
