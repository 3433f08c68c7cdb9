import { randomUUID } from 'node:crypto';
import { FibrinError } from '../../core/errors.ts';
import { type Answer, guarded, type Listening, listen, send } from '../http/server.ts';
import type { ProvisionedOf } from '../template/provisioned.ts';
import { functionOfArn } from '../template/reader.ts';
import type { Sandbox } from './sandbox.ts';

export interface ProvisionedApiOptions {
  /** By name. Filled by the time that one is asked about. */
  readonly functions: ReadonlyMap<string, { sandboxes(): readonly Pick<Sandbox, 'state'>[] }>;
  readonly provisionedOf: ProvisionedOf;
}

const answer = (
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
  body: JSON.stringify(body),
});

const notFound = (type: string, message: string): Answer =>
  answer(404, { Type: 'User', Message: message }, { 'x-amzn-errortype': type });

const PATH = /^\/2019-09-30\/functions\/([^/]+)\/provisioned-concurrency$/;

/**
 * Answers `GetProvisionedConcurrencyConfig`; undefined for any other request. This machine keeps no sandbox ready: what there is of
 * those that the template asks for has been started for an invocation.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html
 */
function provisionedAnswer(
  method: string | undefined,
  url: string,
  { functions, provisionedOf }: ProvisionedApiOptions,
): Answer | undefined {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const encoded = PATH.exec(pathname)?.[1];
  if (method !== 'GET' || encoded === undefined) return undefined;
  const name = functionOfArn(decodeURIComponent(encoded));
  const qualifier = searchParams.get('Qualifier') ?? '';
  const requested = provisionedOf(name, qualifier);
  const fn = functions.get(name);
  if (fn === undefined || requested === undefined)
    return notFound('ResourceNotFoundException', `Function not found: ${name}:${qualifier}`);
  if (requested === 0)
    return notFound(
      'ProvisionedConcurrencyConfigNotFoundException',
      'No Provisioned Concurrency Config found for this function',
    );
  const started = fn.sandboxes().filter(({ state }) => state !== 'init' && state !== 'gone').length;
  const available = Math.min(requested, started);
  return answer(200, {
    RequestedProvisionedConcurrentExecutions: requested,
    AllocatedProvisionedConcurrentExecutions: available,
    AvailableProvisionedConcurrentExecutions: available,
    Status: available === requested ? 'READY' : 'IN_PROGRESS',
  });
}

/** Lambda's endpoint on this machine, for clients that are pointed at it with AWS_ENDPOINT_URL_LAMBDA. It has one operation. */
export function startProvisionedApi(options: ProvisionedApiOptions): Promise<Listening> {
  return listen(
    0,
    guarded(async (request, response) => {
      const found = provisionedAnswer(request.method, request.url ?? '/', options);
      if (found === undefined) {
        const message = 'Of Lambda there is GetProvisionedConcurrencyConfig on this machine';
        throw new FibrinError('NO_SUCH_ROUTE', message, { status: 404 });
      }
      send(response, found);
    }),
  );
}
