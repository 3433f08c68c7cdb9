import { afterAll } from 'vitest';
import { type StartedRun, startRun } from './local-run.ts';

/** Starts the profile app for all suites of a file, sixty times faster than on AWS where the platform waits. */
export function startProfileRun(): () => Promise<StartedRun> {
  let run: Promise<StartedRun> | undefined;
  afterAll(async () => (await run)?.stop());
  return () => {
    run ??= startRun(['--time-scale', '60']);
    return run;
  };
}
