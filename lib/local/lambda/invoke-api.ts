import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { systemClock } from '../../core/clock.ts';
import { hasCode } from '../../core/errors.ts';
import { type Answer, readBody } from '../http/server.ts';
import type { AliasOf } from '../template/aliases.ts';
import { functionOfArn } from '../template/names.ts';
import { type LambdaOperation, lambdaAnswer, lambdaRefusal } from './api.ts';
import type { LocalFunction } from './function.ts';
import { logTail } from './log-tail.ts';
import type { InvocationResult } from './result.ts';

export interface InvokeApiOptions {
  /** By name. Filled by the time that something is invoked. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly aliasOf: AliasOf;
  /** Takes over an asynchronous invocation. */
  readonly accept: (functionName: string, payload: string, qualifier: string | undefined) => void;
}

const MB = 1_024 * 1_024;
/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_PAYLOAD_BYTES: Readonly<Record<string, number>> = { RequestResponse: 6 * MB, Event: MB };

function answerOf(result: InvocationResult): Answer {
  const executed = { 'x-amz-executed-version': '$LATEST' };
  switch (result.kind) {
    case 'success':
      return lambdaAnswer(200, result.payload, executed);
    case 'error':
      return lambdaAnswer(200, result.payload, { ...executed, 'x-amz-function-error': 'Unhandled' });
    case 'throttled':
      return lambdaRefusal(429, 'TooManyRequestsException', 'Rate Exceeded.');
  }
}

interface Target {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** The function of a request: its name or its ARN, the qualifier in it or beside it. */
function targetOf({ pathname, searchParams }: URL): Target | undefined {
  const encoded = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname)?.[1];
  if (encoded === undefined) return undefined;
  const [, given = '', inside] =
    /^((?:.*:function:)?[^:]+)(?::([^:]+))?$/.exec(decodeURIComponent(encoded)) ?? [];
  return { name: functionOfArn(given), qualifier: searchParams.get('Qualifier') ?? inside };
}

/** Undefined for what is no JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // That it is none is the answer.
    return undefined;
  }
}

interface Call {
  readonly kind: string;
  readonly payload: string;
  readonly clientContext: string | undefined;
  readonly wantsLog: boolean;
}

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name];
  return value === undefined ? undefined : String(value);
};

async function readCall(request: IncomingMessage): Promise<Call> {
  const kind = headerOf(request, 'x-amz-invocation-type') ?? 'RequestResponse';
  const maxBytes = MAX_PAYLOAD_BYTES[kind] ?? 6 * MB;
  const context = headerOf(request, 'x-amz-client-context');
  return {
    kind,
    payload: (await readBody(request, maxBytes)).toString('utf8') || '{}',
    clientContext: context === undefined ? undefined : Buffer.from(context, 'base64').toString('utf8'),
    wantsLog: headerOf(request, 'x-amz-log-type') === 'Tail',
  };
}

/** Invokes a function and waits for it. */
async function run(
  fn: LocalFunction,
  qualifier: string | undefined,
  { payload, clientContext, wantsLog }: Call,
): Promise<Answer> {
  const context = clientContext === undefined ? undefined : parsed(clientContext);
  if (context === undefined && clientContext !== undefined)
    return invalidContent('Client context must be a valid Base64-encoded JSON object.');
  const requestId = randomUUID();
  const lines: string[] = [];
  const startedAt = systemClock.monotonic();
  const result = await fn.invoke(payload, {
    ...{ requestId, qualifier },
    ...(context !== undefined && { clientContext: JSON.stringify(context) }),
    ...(wantsLog && { onLine: (line: string) => void lines.push(line) }),
  });
  const answer = answerOf(result);
  if (!wantsLog || result.kind === 'throttled') return answer;
  const durationMs = systemClock.monotonic() - startedAt;
  const log = logTail({ requestId, lines, durationMs, memoryMb: fn.model.memoryMb });
  return { ...answer, headers: { ...answer.headers, 'x-amz-log-result': log } };
}

const invalidContent = (message: string): Answer =>
  lambdaRefusal(400, 'InvalidRequestContentException', message);

async function invoke(
  { name, qualifier }: Target,
  call: Call,
  { functions, aliasOf, accept }: InvokeApiOptions,
): Promise<Answer> {
  const fn = functions.get(name);
  const isKnown = qualifier === undefined || qualifier === '$LATEST' || aliasOf(name, qualifier);
  if (fn === undefined || !isKnown)
    return lambdaRefusal(
      404,
      'ResourceNotFoundException',
      `Function not found: ${name}:${qualifier ?? '$LATEST'}`,
    );
  if (parsed(call.payload) === undefined) return invalidContent('Could not parse request body into json');
  switch (call.kind) {
    case 'RequestResponse':
      return run(fn, qualifier, call);
    case 'Event':
      accept(name, call.payload, qualifier);
      return lambdaAnswer(202, '');
    case 'DryRun':
      return lambdaAnswer(204, '');
    default:
      return lambdaRefusal(400, 'InvalidParameterValueException', `There is no invocation type ${call.kind}`);
  }
}

const tooLarge = (error: unknown): Answer => {
  if (!hasCode(error, 'BODY_TOO_LARGE')) throw error;
  return lambdaRefusal(
    413,
    'RequestTooLargeException',
    'Request must be smaller than the limit of its kind.',
  );
};

/**
 * `Invoke`.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const invokeOperation =
  (options: InvokeApiOptions): LambdaOperation =>
  async (request, url) => {
    const target = targetOf(url);
    if (request.method !== 'POST' || target === undefined) return undefined;
    return readCall(request).then((call) => invoke(target, call, options), tooLarge);
  };
