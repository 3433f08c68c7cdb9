import { type Api, apiOf } from './api.ts';
import { warmUp } from './asked.ts';
import { type CacheTable, cacheTableOf } from './cache-table.ts';
import { type StartedRun, startRun } from './local-run.ts';
import { type Sandboxes, sandboxesIn } from './sandboxes.ts';

/** The profile workload, what its caches keep, and the sandboxes that read them. */
export interface CachedApp {
  readonly run: StartedRun;
  readonly api: Api;
  readonly table: CacheTable;
  readonly readers: Sandboxes;
}

/** Starts it, ready to answer with whole profiles. */
export async function startCachedApp(): Promise<CachedApp> {
  const run = await startRun();
  const api = apiOf(run.url);
  const table = await cacheTableOf(api);
  await warmUp(api);
  return { run, api, table, readers: sandboxesIn(api, 'GetProfile') };
}
