import type { Answer } from '../http/server.ts';
import type { AliasOf } from '../template/aliases.ts';
import { functionOfArn } from '../template/names.ts';
import { type LambdaOperation, lambdaAnswer, lambdaRefusal } from './api.ts';
import type { Sandbox } from './sandbox.ts';

interface StartedFunction {
  sandboxes(): readonly Pick<Sandbox, 'state'>[];
}

export interface ProvisionedApiOptions {
  /** By name. Filled by the time that one is asked about. */
  readonly functions: ReadonlyMap<string, StartedFunction>;
  readonly aliasOf: AliasOf;
}

function configOf(requested: number, fn: StartedFunction): Answer {
  const started = fn.sandboxes().filter(({ state }) => state !== 'init' && state !== 'gone').length;
  const available = Math.min(requested, started);
  const config = {
    RequestedProvisionedConcurrentExecutions: requested,
    AllocatedProvisionedConcurrentExecutions: available,
    AvailableProvisionedConcurrentExecutions: available,
    Status: available === requested ? 'READY' : 'IN_PROGRESS',
  };
  return lambdaAnswer(200, JSON.stringify(config));
}

const PATH = /^\/2019-09-30\/functions\/([^/]+)\/provisioned-concurrency$/;

/**
 * `GetProvisionedConcurrencyConfig`. This machine keeps no sandbox ready: what there is of those that the template asks for has been
 * started for an invocation.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetProvisionedConcurrencyConfig.html
 */
export const getProvisionedConcurrencyConfig =
  ({ functions, aliasOf }: ProvisionedApiOptions): LambdaOperation =>
  async ({ method }, { pathname, searchParams }) => {
    const encoded = PATH.exec(pathname)?.[1];
    if (method !== 'GET' || encoded === undefined) return undefined;
    const name = functionOfArn(decodeURIComponent(encoded));
    const qualifier = searchParams.get('Qualifier') ?? '';
    const alias = aliasOf(name, qualifier);
    const fn = functions.get(name);
    if (fn === undefined || alias === undefined)
      return lambdaRefusal(404, 'ResourceNotFoundException', `Function not found: ${name}:${qualifier}`);
    if (alias.provisioned === 0)
      return lambdaRefusal(
        404,
        'ProvisionedConcurrencyConfigNotFoundException',
        'No Provisioned Concurrency Config found for this function',
      );
    return configOf(alias.provisioned, fn);
  };
