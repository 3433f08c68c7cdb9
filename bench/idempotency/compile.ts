import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What TypeScript says against modules of this folder, given as texts: the errors of each, none where it compiles. */
export async function errorsOf(texts: readonly string[]): Promise<readonly (readonly string[])[]> {
  const worker = new Worker(new URL('./compile-worker.ts', import.meta.url), { workerData: texts });
  const [errors] = (await once(worker, 'message')) as [readonly (readonly string[])[]];
  await worker.terminate();
  return errors;
}
