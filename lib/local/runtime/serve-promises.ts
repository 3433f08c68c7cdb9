import type { Next, RuntimeClient } from './client.ts';
import { contextOf } from './context.ts';
import { printError, runtimeError, toJson } from './errors.ts';
import { inInvocation } from './invoke-store.ts';
import type { LoadedHandler } from './load.ts';
import { failStream, runStreaming } from './streams.ts';

const REFUSED = {
  managed22:
    'ERROR: AWS Lambda does not support callback-based function handlers when using Node.js 22 with Managed Instances. To use Managed Instances, modify this function to use a supported handler signature. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
  from24:
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
};

/** A handler with a callback would never be answered for. @throws what the init fails with. */
export function refuseCallbacks({ call, streams }: LoadedHandler, runtime: string | undefined): void {
  if (streams || call.length < 3) return;
  const message = runtime === 'AWS_Lambda_nodejs22.x' ? REFUSED.managed22 : REFUSED.from24;
  throw runtimeError('CallbackHandlerDeprecated', message);
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const unwritable = (message: string) => runtimeError('JSONStringifyError', message);

async function invoke(handler: LoadedHandler, client: RuntimeClient, next: Next): Promise<void> {
  const { id, headers, body } = next;
  const context = { ...contextOf(headers), xRayTraceId: headers['lambda-runtime-trace-id'] };
  if (handler.streams) {
    const answer = client.stream(id);
    try {
      await runStreaming(
        (stream) => handler.call(JSON.parse(body), stream, context),
        answer,
        () => new Error('Streaming does not support non-async handlers.'),
      );
    } catch (error) {
      printError('Invoke Error', error, id);
      failStream(answer.outgoing, error);
      await answer.answered;
    }
    return;
  }
  try {
    const result = toJson(await handler.call(JSON.parse(body), context), unwritable);
    await nextTurn();
    await client.respond(id, result);
  } catch (error) {
    await nextTurn();
    printError('Invoke Error', error, id);
    await client.fail(id, error);
  }
}

/**
 * Serves by the rules of nodejs24.x and of Managed Instances: what the handler returns or resolves to is the answer, and the
 * next invocation is asked for as soon as it is given.
 * @param atOnce Asks for the next one right away. How many there are at once is up to who gives them.
 */
export async function servePromises(
  handler: LoadedHandler,
  client: RuntimeClient,
  onNext: (next: Next) => void,
  atOnce?: (error: NodeJS.ErrnoException) => void,
): Promise<never> {
  for (;;) {
    const next = await client.next();
    onNext(next);
    const run = () =>
      inInvocation(next.id, next.headers['lambda-runtime-trace-id'], () => invoke(handler, client, next));
    if (atOnce) setImmediate(() => void run().catch(atOnce));
    else await run();
  }
}
