import { randomUUID } from 'node:crypto';
import { FibrinError } from '../../core/errors.ts';
import { type Answer, guarded, type Listening, listen, readBody, send } from '../http/server.ts';
import type { HasAlias } from '../template/aliases.ts';
import { functionOfArn } from '../template/reader.ts';
import type { LocalFunction } from './function.ts';
import type { InvocationResult } from './result.ts';

export interface InvokeApiOptions {
  /** By name. Filled by the time that something is invoked. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly hasAlias: HasAlias;
  /** Takes over an asynchronous invocation. */
  readonly accept: (functionName: string, payload: string) => void;
}

/** Lambda's limit on what is sent. */
const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;

const answer = (
  statusCode: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
  body,
});

const refusal = (statusCode: number, type: string, message: string): Answer =>
  answer(statusCode, JSON.stringify({ Type: 'User', message }), { 'x-amzn-errortype': type });

function answerOf(result: InvocationResult): Answer {
  const executed = { 'x-amz-executed-version': '$LATEST' };
  switch (result.kind) {
    case 'success':
      return answer(200, result.payload, executed);
    case 'error':
      return answer(200, result.payload, { ...executed, 'x-amz-function-error': 'Unhandled' });
    case 'throttled':
      return refusal(429, 'TooManyRequestsException', 'Rate Exceeded.');
  }
}

interface Target {
  readonly name: string;
  readonly qualifier: string;
}

/** The function of a request: its name or its ARN, the qualifier in it or beside it. */
function targetOf(url: string): Target | undefined {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const encoded = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(pathname)?.[1];
  if (encoded === undefined) return undefined;
  const [, given = '', inside] =
    /^((?:.*:function:)?[^:]+)(?::([^:]+))?$/.exec(decodeURIComponent(encoded)) ?? [];
  return { name: functionOfArn(given), qualifier: searchParams.get('Qualifier') ?? inside ?? '$LATEST' };
}

const isJson = (payload: string): boolean => {
  try {
    JSON.parse(payload);
    return true;
  } catch {
    return false;
  }
};

async function invoke(
  target: Target,
  kind: string,
  payload: string,
  options: InvokeApiOptions,
): Promise<Answer> {
  const { name, qualifier } = target;
  const fn = options.functions.get(name);
  if (fn === undefined || (qualifier !== '$LATEST' && !options.hasAlias(name, qualifier)))
    return refusal(404, 'ResourceNotFoundException', `Function not found: ${name}:${qualifier}`);
  if (!isJson(payload))
    return refusal(400, 'InvalidRequestContentException', 'Could not parse request body into json');
  switch (kind) {
    case 'RequestResponse':
      return answerOf(await fn.invoke(payload));
    case 'Event':
      options.accept(name, payload);
      return answer(202, '');
    case 'DryRun':
      return answer(204, '');
    default:
      return refusal(400, 'InvalidParameterValueException', `There is no invocation type ${kind}`);
  }
}

/**
 * Lambda's endpoint on this machine, for clients that are pointed at it with AWS_ENDPOINT_URL_LAMBDA. It has one operation.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function startInvokeApi(options: InvokeApiOptions): Promise<Listening> {
  return listen(
    0,
    guarded(async (request, response) => {
      const target = targetOf(request.url ?? '/');
      if (request.method !== 'POST' || target === undefined)
        throw new FibrinError('NO_SUCH_ROUTE', 'Of Lambda there is Invoke on this machine', { status: 404 });
      const payload = (await readBody(request, MAX_PAYLOAD_BYTES)).toString('utf8') || '{}';
      const kind = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
      send(response, await invoke(target, String(kind), payload, options));
    }),
  );
}
