/*
 * Runs one function inside its sandbox: asks the Runtime API for an invocation, calls the handler, reports what came of
 * it, over and over. It is a Lambda runtime, so nothing of the toolkit is in it and nothing but Node's own modules.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import { type Next, runtimeClient } from '../runtime/client.ts';
import { invokeStore } from '../runtime/invoke-store.ts';
import { type LoadedHandler, loadHandler, type Rules } from '../runtime/load.ts';
import { resolveLocalNames, setClockOffset, setUnresolved } from '../runtime/machine.ts';
import { findModulesAsLambda } from '../runtime/module-paths.ts';
import { serveCallbacks, watchProcess } from '../runtime/serve-callbacks.ts';
import { refuseCallbacks, servePromises } from '../runtime/serve-promises.ts';
import { streamingGlobals } from '../runtime/streams.ts';

const env = (name: string): string => process.env[name] ?? '';

/** On Managed Instances alone: how many invocations it is given at once. */
const { AWS_LAMBDA_MAX_CONCURRENCY: concurrency, AWS_EXECUTION_ENV: runtime } = process.env;
const isManaged = concurrency !== undefined;
const rules: Rules =
  isManaged || Number(/nodejs(\d+)/.exec(runtime ?? '')?.[1]) >= 24 ? 'promises' : 'callbacks';
const client = runtimeClient(env('AWS_LAMBDA_RUNTIME_API'), Number(concurrency ?? 1) + 1);

/** What the local run says beside each invocation. */
function onNext({ headers }: Next): void {
  setClockOffset(Number(headers['x-fibrin-clock-offset-ms'] ?? 0));
  setUnresolved(String(headers['x-fibrin-unresolved'] ?? '').split(','));
  // There is one environment for all that run at once. Each has its trace in its context.
  if (!isManaged) process.env['_X_AMZN_TRACE_ID'] = String(headers['lambda-runtime-trace-id'] ?? '');
}

/** The other end has gone: so does this one. */
function endProcess(error: NodeJS.ErrnoException): never {
  if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') process.exit(0);
  throw error;
}

async function init(): Promise<LoadedHandler> {
  try {
    const handler = await loadHandler(env('LAMBDA_TASK_ROOT'), env('_HANDLER'), rules);
    if (rules === 'promises') refuseCallbacks(handler, runtime);
    return handler;
  } catch (error) {
    await client.initError(error);
    process.exit(1);
  }
}

resolveLocalNames();
findModulesAsLambda(process.env['FIBRIN_LAYERS']);
delete process.env['FIBRIN_LAYERS'];
Object.assign(globalThis, {
  awslambda: { ...streamingGlobals, ...(rules === 'promises' && { InvokeStore: invokeStore }) },
});
if (rules === 'callbacks') watchProcess(client);

const handler = await init();
await (rules === 'callbacks'
  ? serveCallbacks(handler, client, onNext)
  : servePromises(handler, client, onNext, isManaged ? endProcess : undefined)
).catch(endProcess);
