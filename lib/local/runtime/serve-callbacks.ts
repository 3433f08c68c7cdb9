import type { Next, RuntimeClient } from './client.ts';
import { contextOf } from './context.ts';
import { printError, runtimeError, toJson } from './errors.ts';
import type { LoadedHandler } from './load.ts';
import { failStream, runStreaming } from './streams.ts';

const nothing = () => undefined;
/** What happens when the event loop has run empty. */
let onEmpty: () => void = nothing;
/** Where an error without a handler is reported: the invocation that is under way, or the start. */
let report: (thrown: unknown) => Promise<void> = async () => undefined;

const isMissing = (thrown: unknown): boolean => thrown === undefined || thrown === null;

/** From now on, what is not handled ends the sandbox, and the invocation with it. */
export function watchProcess(client: RuntimeClient): void {
  report = client.initError;
  process.on('beforeExit', () => onEmpty());
  process.on('uncaughtException', (error) => {
    printError('Uncaught Exception', error);
    void report(error).finally(() => process.exit(129));
  });
  process.on('unhandledRejection', (reason) => {
    const error = runtimeError('UnhandledPromiseRejection', String(reason));
    printError('Unhandled Promise Rejection', error);
    void report(error).finally(() => process.exit(128));
  });
}

const unwritable = (message: string) => new Error(message);

type Callback = (thrown?: unknown, result?: unknown) => void;

/** Lets the first of some calls through: an invocation is answered once. A call that throws was none. */
function firstOnly(): (call: Callback) => Callback {
  let isOver = false;
  return (call) => (thrown, result) => {
    if (isOver) return;
    call(thrown, result);
    isOver = true;
  };
}

/** The ways in which a handler can answer. What is sent to the Runtime API goes through `send`. */
function answersOf(client: RuntimeClient, id: string, send: (sent: Promise<void>) => void) {
  let waits = true;
  let isComplete = false;

  const complete = (result: unknown) => {
    if (isComplete) {
      console.error(
        'Invocation has already been reported as done. Cannot call complete more than once per invocation.',
      );
      return;
    }
    isComplete = true;
    send(client.respond(id, toJson(result, unwritable)));
  };
  const fail = (thrown: unknown) => {
    printError('Invoke Error', thrown, id);
    send(client.fail(id, thrown));
  };
  const done: Callback = (thrown, result) => {
    onEmpty = nothing;
    if (isMissing(thrown)) complete(result);
    else fail(thrown);
  };
  const callback: Callback = (thrown, result) => {
    if (!isMissing(thrown) || !waits) return done(thrown, result);
    onEmpty = () => {
      onEmpty = nothing;
      setImmediate(() => complete(result));
    };
  };
  // A handler that neither calls back nor returns a promise has nothing to say.
  onEmpty = () => {
    onEmpty = nothing;
    isComplete = true;
    send(client.respond(id, 'null'));
  };
  const once = firstOnly();
  return {
    callback: once(callback),
    context: {
      get callbackWaitsForEmptyEventLoop() {
        return waits;
      },
      set callbackWaitsForEmptyEventLoop(value: boolean) {
        waits = value;
      },
      succeed: once((result) => done(null, result)),
      fail: once((thrown) => done(isMissing(thrown) ? 'handled' : thrown)),
      done: once(done),
    },
  };
}

const isThenable = (value: unknown): value is Promise<unknown> =>
  typeof (value as Promise<unknown> | null | undefined)?.then === 'function';

/** Adds the rest of the context to an object whose accessors stay what they are. */
const withContext = (target: object, { headers }: Next): object => Object.assign(target, contextOf(headers));

function invoke(handler: LoadedHandler, client: RuntimeClient, next: Next): Promise<void> {
  return new Promise((answered, lost) => {
    const send = (sent: Promise<void>) => void sent.then(answered, lost);
    const { callback, context } = answersOf(client, next.id, send);
    report = (thrown) => client.fail(next.id, thrown);
    try {
      const result = handler.call(JSON.parse(next.body), withContext(context, next), callback);
      if (isThenable(result)) result.then(context.succeed, context.fail).catch(context.fail);
    } catch (error) {
      callback(error);
    }
  });
}

async function invokeStreaming(handler: LoadedHandler, client: RuntimeClient, next: Next): Promise<void> {
  const context = { callbackWaitsForEmptyEventLoop: true };
  const answer = client.stream(next.id);
  report = (thrown) => client.fail(next.id, thrown);
  onEmpty = nothing;
  try {
    await runStreaming(
      (stream) => handler.call(JSON.parse(next.body), stream, withContext(context, next)),
      answer,
      () => 'Streaming does not support non-async handlers.',
    );
  } catch (error) {
    printError('Invoke Error', error, next.id);
    failStream(answer.outgoing, error);
    await answer.answered;
  }
  if (!context.callbackWaitsForEmptyEventLoop) return;
  await new Promise<void>((resolve) => {
    onEmpty = () => {
      onEmpty = nothing;
      setImmediate(resolve);
    };
  });
}

/**
 * Serves by the rules of nodejs22.x and before: the first of callback, `context.done`, `succeed`, `fail` and a returned
 * promise answers; a callback's answer waits until the event loop is empty, unless `callbackWaitsForEmptyEventLoop` is false.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 */
export async function serveCallbacks(
  handler: LoadedHandler,
  client: RuntimeClient,
  onNext: (next: Next) => void,
): Promise<never> {
  const run = handler.streams ? invokeStreaming : invoke;
  for (;;) {
    // What has not been handled until now is reported first.
    await new Promise((resolve) => setImmediate(resolve));
    const next = await client.next();
    onNext(next);
    await run(handler, client, next);
  }
}
