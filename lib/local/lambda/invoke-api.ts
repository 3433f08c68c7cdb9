import { type Answer, readBody } from '../http/server.ts';
import type { AliasOf } from '../template/aliases.ts';
import { functionOfArn } from '../template/names.ts';
import { type LambdaOperation, lambdaAnswer, lambdaRefusal } from './api.ts';
import type { LocalFunction } from './function.ts';
import type { InvocationResult } from './result.ts';

export interface InvokeApiOptions {
  /** By name. Filled by the time that something is invoked. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly aliasOf: AliasOf;
  /** Takes over an asynchronous invocation. */
  readonly accept: (functionName: string, payload: string) => void;
}

/** Lambda's limit on what is sent. */
const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;

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
  readonly qualifier: string;
}

/** The function of a request: its name or its ARN, the qualifier in it or beside it. */
function targetOf({ pathname, searchParams }: URL): Target | undefined {
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
  if (fn === undefined || (qualifier !== '$LATEST' && options.aliasOf(name, qualifier) === undefined))
    return lambdaRefusal(404, 'ResourceNotFoundException', `Function not found: ${name}:${qualifier}`);
  if (!isJson(payload))
    return lambdaRefusal(400, 'InvalidRequestContentException', 'Could not parse request body into json');
  switch (kind) {
    case 'RequestResponse':
      return answerOf(await fn.invoke(payload));
    case 'Event':
      options.accept(name, payload);
      return lambdaAnswer(202, '');
    case 'DryRun':
      return lambdaAnswer(204, '');
    default:
      return lambdaRefusal(400, 'InvalidParameterValueException', `There is no invocation type ${kind}`);
  }
}

/**
 * `Invoke`.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export const invokeOperation =
  (options: InvokeApiOptions): LambdaOperation =>
  async (request, url) => {
    const target = targetOf(url);
    if (request.method !== 'POST' || target === undefined) return undefined;
    const payload = (await readBody(request, MAX_PAYLOAD_BYTES)).toString('utf8') || '{}';
    const kind = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    return invoke(target, String(kind), payload, options);
  };
