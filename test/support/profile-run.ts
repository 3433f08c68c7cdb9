import { afterAll } from 'vitest';
import { type Api, apiOf } from './api.ts';
import { type StartedRun, startRun } from './local-run.ts';
import { type Views, viewsOf } from './views.ts';

/** The profile app as it runs, and how to look at it from outside and inside. */
export interface ProfileRun {
  readonly run: StartedRun;
  readonly api: Api;
  readonly views: Views;
}

/** How the functions of the app reach their tables. */
export type ProfileTransport = 'lean' | 'sdk';

async function start(transport: ProfileTransport): Promise<ProfileRun> {
  const run = await startRun(['--time-scale', '60'], { FIBRIN_PROFILE_TRANSPORT: transport });
  const api = apiOf(run.url);
  return { run, api, views: await viewsOf(api) };
}

/** Starts the profile app for all suites of a file, sixty times faster than on AWS where the platform waits. */
export function startProfileRun(transport: ProfileTransport = 'lean'): () => Promise<ProfileRun> {
  let started: Promise<ProfileRun> | undefined;
  afterAll(async () => (await started)?.run.stop());
  return () => {
    started ??= start(transport);
    return started;
  };
}
