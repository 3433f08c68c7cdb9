import { vi } from 'vitest';
import { bootstrapFile } from '../../lib/local/bootstrap-file.ts';
import { startLambdaApi } from '../../lib/local/lambda/api.ts';
import type { LocalFunction } from '../../lib/local/lambda/function.ts';
import { invokeOperation } from '../../lib/local/lambda/invoke-api.ts';
import { turns } from '../../lib/local/lambda/semaphore.ts';
import { startProcesses } from '../../lib/local/processes.ts';
import { atEndOfFile } from './ends.ts';
import { temporaryFolder } from './folders.ts';
import { functionOfTest, HANDLERS } from './local-function.ts';

export interface EndpointFunction {
  readonly handler: string;
  /** Where its code is. Default: the handlers of the sandbox tests. */
  readonly folder?: string;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
}

export interface LambdaEndpoint {
  readonly url: string;
  readonly functions: ReadonlyMap<string, LocalFunction>;
  /** What was sent to be run later, as `name payload` or `name:alias payload`. */
  readonly accepted: readonly string[];
  /** The ARN of a function by its name and qualifier. */
  arn(name: string, qualifier?: string): string;
}

/** Serves functions by Lambda's Invoke API, each in sandboxes of its own and with the aliases `live` and `7`. */
export async function startEndpoint(
  given: Readonly<Record<string, EndpointFunction>>,
): Promise<LambdaEndpoint> {
  const processes = startProcesses();
  atEndOfFile(() => processes.end());
  const bootstrap = await bootstrapFile(temporaryFolder());
  const takeTurn = turns(2);
  const functions = new Map<string, LocalFunction>();
  for (const [
    functionName,
    { handler, folder = HANDLERS, timeoutMs = 10_000, concurrency = 5 },
  ] of Object.entries(given)) {
    functions.set(
      functionName,
      functionOfTest({
        model: {
          ...{ logicalId: functionName, functionName, displayName: functionName },
          ...{ handler: `index.${handler}`, timeoutMs, reservedConcurrency: concurrency },
        },
        ...{ processes, bootstrap, takeTurn, folder },
      }),
    );
  }
  const accepted: string[] = [];
  const server = await startLambdaApi({
    Invoke: invokeOperation({
      functions,
      aliasOf: (_, alias) => (alias === 'live' || alias === '7' ? { provisioned: 0 } : undefined),
      accept: (name, payload, qualifier) =>
        void accepted.push(`${name}${qualifier === undefined ? '' : `:${qualifier}`} ${payload}`),
    }),
  });
  atEndOfFile(() => server.close());
  const url = `http://127.0.0.1:${server.port}`;
  const arn = (name: string, qualifier = 'live') =>
    `arn:aws:lambda:us-east-1:000000000000:function:${name}:${qualifier}`;
  return { url, functions, accepted, arn };
}

/** What a function that calls Lambda has in its environment, for one test. */
export function callsGoTo({ url }: Pick<LambdaEndpoint, 'url'>): void {
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
}
