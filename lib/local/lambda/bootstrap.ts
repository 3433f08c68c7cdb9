/*
 * Runs one function inside its sandbox: asks the Runtime API for an invocation, calls the handler, reports what came of
 * it, over and over. It is a Lambda runtime, so nothing of the toolkit is in it and nothing but Node's own modules.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import dns from 'node:dns';
import { existsSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: unknown) => unknown;
type StreamingHandler = (event: unknown, stream: unknown, context: unknown) => unknown;

const env = (name: string): string => process.env[name] ?? '';
const [host, port] = env('AWS_LAMBDA_RUNTIME_API').split(':');
/** On Managed Instances alone: how many invocations it is given at once. */
const { AWS_LAMBDA_MAX_CONCURRENCY: concurrency } = process.env;
// Each invocation has its answer under way, while the next one is asked for.
const agent = new Agent({ keepAlive: true, maxSockets: Number(concurrency ?? 1) + 1 });

interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function call(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host,
        port,
        agent,
        method,
        path: `/2018-06-01/runtime/${path}`,
        headers: { ...headers, 'content-length': Buffer.byteLength(body ?? '') },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () =>
          resolve({ headers: incoming.headers, body: Buffer.concat(chunks).toString('utf8') }),
        );
        incoming.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Anything can be thrown, what has no text too. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

function describeError(thrown: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (thrown instanceof Error) {
    return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
  }
  return { errorType: typeof thrown, errorMessage: textOf(thrown), trace: [] };
}

async function report(path: string, thrown: unknown): Promise<void> {
  const description = describeError(thrown);
  await call('POST', path, JSON.stringify(description), {
    'content-type': 'application/json',
    // A name may hold what a header may not.
    'lambda-runtime-function-error-type': description.errorType.replaceAll(/[^\x20-\x7e]/g, '?'),
  });
}

async function loadHandler(): Promise<Handler> {
  const [file = '', ...path] = env('_HANDLER').split('.');
  const base = join(env('LAMBDA_TASK_ROOT'), file);
  const found = ['.js', '.mjs', '.cjs']
    .map((extension) => base + extension)
    .find((candidate) => existsSync(candidate));
  if (found === undefined)
    throw Object.assign(new Error(`Cannot find module '${file}'`), { name: 'Runtime.ImportModuleError' });
  let value: unknown = await import(pathToFileURL(found).href);
  for (const name of path) value = (value as Record<string, unknown> | undefined)?.[name];
  if (typeof value !== 'function') {
    throw Object.assign(new Error(`${env('_HANDLER')} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    });
  }
  return value as Handler;
}

function contextOf(headers: IncomingHttpHeaders): Record<string, unknown> {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: env('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: env('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: env('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: env('AWS_LAMBDA_LOG_STREAM_NAME'),
    xRayTraceId: headers['lambda-runtime-trace-id'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

let clockOffsetMs = 0;
let clockIsOurs = false;

/** Puts this process's wall clock ahead, or back, as clocks of different machines are. */
function setClockOffset(offsetMs: number): void {
  if (!clockIsOurs && offsetMs !== 0) {
    clockIsOurs = true;
    globalThis.Date = new Proxy(Date, {
      construct: (target, args, self) =>
        Reflect.construct(target, args.length === 0 ? [target.now() + clockOffsetMs] : args, self),
      apply: (target) => new target(target.now() + clockOffsetMs).toString(),
      get: (target, name) =>
        name === 'now' ? () => target.now() + clockOffsetMs : Reflect.get(target, name),
    });
  }
  clockOffsetMs = offsetMs;
}

let unresolved: readonly string[] = [];

/**
 * Lets names of this machine under `.localhost` resolve, as RFC 6761 has it and not every system does, or not, as it happens
 * to names. Whatever is made of that, in sockets, agents and clients, is theirs.
 */
function resolveLocalNames(): void {
  const lookup = dns.lookup as (...args: unknown[]) => void;
  const localLookup = (hostname: string, ...rest: unknown[]) => {
    if (!hostname.endsWith('.localhost')) return lookup(hostname, ...rest);
    if (!unresolved.includes(hostname)) return lookup('127.0.0.1', ...rest);
    const failure = { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname };
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), failure);
    process.nextTick(rest.at(-1) as (error: Error) => void, error);
  };
  dns.lookup = localLookup as typeof dns.lookup;
}
resolveLocalNames();

/** The stream that a streaming handler writes its answer to: the request that carries it, with a head of its own. */
type ResponseStream = ClientRequest & {
  setContentType(type: string): void;
  _onBeforeFirstWrite?: (write: (chunk: string | Uint8Array) => void) => void;
};

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (streaming: Handler) => Object.assign(streaming, { [STREAMING]: 'response' }),
    HttpResponseStream: {
      from(stream: ResponseStream, prelude: unknown) {
        stream.setContentType('application/vnd.awslambda.http-integration-response');
        stream._onBeforeFirstWrite = (write) => {
          write(JSON.stringify(prelude));
          write(new Uint8Array(8));
        };
        return stream;
      },
    },
  },
});

/** Begins an answer that is sent while it is written. */
function beginStream(id: string): { readonly stream: ResponseStream; readonly taken: Promise<void> } {
  const taken = Promise.withResolvers<void>();
  const path = `/2018-06-01/runtime/invocation/${id}/response`;
  const headers = {
    'lambda-runtime-function-response-mode': 'streaming',
    trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    'content-type': 'application/octet-stream',
    'transfer-encoding': 'chunked',
  };
  const outgoing = request({ host, port, agent, method: 'POST', path, headers }, (incoming) => {
    incoming.resume().on('end', taken.resolve);
  });
  outgoing.on('error', taken.reject);
  const write = outgoing.write.bind(outgoing) as (...args: unknown[]) => boolean;
  const stream = outgoing as ResponseStream;
  let isBegun = false;
  stream.setContentType = (type) => void outgoing.setHeader('content-type', type);
  stream.write = (chunk: unknown, ...rest: unknown[]) => {
    if (!isBegun) stream._onBeforeFirstWrite?.(write);
    isBegun = true;
    return write(
      typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk),
      ...rest,
    );
  };
  return { stream, taken: taken.promise };
}

async function invokeStreaming(handler: StreamingHandler, { headers, body }: Reply): Promise<void> {
  const id = String(headers['lambda-runtime-aws-request-id']);
  const { stream, taken } = beginStream(id);
  try {
    await handler(JSON.parse(body), stream, contextOf(headers));
  } catch (error) {
    const description = describeError(error);
    console.error(JSON.stringify({ level: 'ERROR', message: 'Invoke Error', requestId: id, ...description }));
    stream.addTrailers({
      [ERROR_TYPE]: description.errorType.replaceAll(/[^\x20-\x7e]/g, '?'),
      [ERROR_BODY]: Buffer.from(JSON.stringify(description)).toString('base64'),
    });
    stream.end();
  }
  await taken;
}

async function invoke(handler: Handler, reply: Reply): Promise<void> {
  if (STREAMING in handler) return invokeStreaming(handler as StreamingHandler, reply);
  const { headers, body } = reply;
  const id = String(headers['lambda-runtime-aws-request-id']);
  let result: string;
  try {
    result = JSON.stringify(await handler(JSON.parse(body), contextOf(headers))) ?? 'null';
  } catch (error) {
    console.error(
      JSON.stringify({ level: 'ERROR', message: 'Invoke Error', requestId: id, ...describeError(error) }),
    );
    return report(`invocation/${id}/error`, error);
  }
  await call('POST', `invocation/${id}/response`, result, { 'content-type': 'application/json' });
}

/** The other end has gone: so does this one. */
function leave(error: NodeJS.ErrnoException): never {
  if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') process.exit(0);
  throw error;
}

async function serve(handler: Handler): Promise<never> {
  for (;;) {
    const next = await call('GET', 'invocation/next');
    setClockOffset(Number(next.headers['x-fibrin-clock-offset-ms'] ?? 0));
    unresolved = String(next.headers['x-fibrin-unresolved'] ?? '').split(',');
    if (concurrency === undefined) {
      process.env['_X_AMZN_TRACE_ID'] = String(next.headers['lambda-runtime-trace-id'] ?? '');
      await invoke(handler, next);
    } else {
      // How many they are is up to who gives them. Each has its trace in its context, and an async context of its own.
      setImmediate(() => void invoke(handler, next).catch(leave));
    }
  }
}

// As in Lambda's own runtime: what nobody handles ends the sandbox, and the invocation with it.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    console.error(JSON.stringify({ level: 'ERROR', message: event, ...describeError(error) }));
    process.exit(128 + 1);
  });
}

let handler: Handler;
try {
  handler = await loadHandler();
} catch (error) {
  await report('init/error', error);
  process.exit(1);
}
await serve(handler).catch(leave);
