import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { InvocationResult } from '../../lib/local/lambda/result.ts';
import { turns } from '../../lib/local/lambda/semaphore.ts';
import type { Processes } from '../../lib/local/processes.ts';
import { functionOfTest } from '../support/local-function.ts';
import type { LoadingCase } from './cases.ts';

/** The runtimes whose rules differ, with the version of AWS's client that has them. */
export const RUNTIMES = { 'nodejs22.x': '3.3.0', 'nodejs24.x': '4.0.2' } as const;
export type Runtime = keyof typeof RUNTIMES;

/** What came of each event, without what differs from machine to machine. */
export type Outcome = readonly unknown[];

const takeTurn = turns(2);

/** What an invocation came to, its errors without what differs from machine to machine. */
export function plain(kind: 'error' | 'success', payload: string, folder: string): unknown {
  const isJson = payload.startsWith('{') || kind === 'error';
  if (kind === 'success') return { success: isJson ? JSON.parse(payload) : payload };
  const { errorType, errorMessage } = JSON.parse(payload);
  const message = String(errorMessage)
    .replaceAll(folder, '<task>')
    .replace(/\nRequire stack:[\s\S]*$/, '')
    .replace(/ imported from .*$/m, '')
    .replace(/^RequestId: \S* /, '');
  return { error: errorType, message };
}

const plainOf = (result: InvocationResult, folder: string): unknown =>
  result.kind === 'throttled' ? 'throttled' : plain(result.kind, result.payload, folder);

/** Gives a function its events, in a sandbox whose runtime is the bootstrap. */
export async function outcomeOf(
  loading: LoadingCase,
  runtime: Runtime,
  { folder, bootstrap, processes }: { folder: string; bootstrap: string; processes: Processes },
): Promise<Outcome> {
  for (const [name, source] of Object.entries(loading.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  }
  const fn = functionOfTest({
    model: { runtime, handler: loading.handler ?? 'index.handler', timeoutMs: 3_000 },
    ...{ folder, bootstrap, processes, takeTurn, defaultConcurrency: 1 },
  });
  const outcomes: unknown[] = [];
  for (const event of loading.events ?? [{}])
    outcomes.push(plainOf(await fn.invoke(JSON.stringify(event)), folder));
  const { coldStarts } = fn.state();
  for (const sandbox of [...fn.sandboxes()]) sandbox.kill();
  return coldStarts === 1 ? outcomes : [...outcomes, { coldStarts }];
}
