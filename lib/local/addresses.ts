import type { EventServices } from './event-services.ts';
import type { FaultSwitches } from './faults.ts';
import { type Apis, startApis } from './http/apis.ts';
import { hostOf, startFunctionUrl } from './http/function-url.ts';
import { keysOf } from './http/jwt.ts';
import type { LocalFunction } from './lambda/function.ts';
import type { Opened } from './opened.ts';
import { startStoredValuesApi } from './stored-values-api.ts';
import type { AppModel } from './template/model.ts';

export interface AddressesOptions {
  readonly model: AppModel;
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly faults: FaultSwitches;
  readonly services: EventServices;
  /** Where the first API is. */
  readonly front: string;
  /** A file with the keys by which tokens are verified. */
  readonly jwks: string | undefined;
  readonly run: Opened;
}

/** Where function URLs, queues and APIs are, by logical id. */
export interface Addresses {
  /** As functions know them: function URLs by a name under `.localhost`. */
  readonly ofReferences: ReadonlyMap<string, string>;
  readonly functionUrls: ReadonlyMap<string, string>;
  readonly apis: ReadonlyMap<string, string>;
  /** Serves the first API. */
  readonly serveFirst: Apis['first'];
  /** Where SSM and Secrets Manager are; undefined where there is no value. */
  readonly storedValues: string | undefined;
}

async function startUrls({ model, functions, faults, run }: AddressesOptions) {
  const functionUrls = new Map<string, string>();
  const namedUrls = new Map<string, string>();
  for (const url of model.urls) {
    const listening = await startFunctionUrl(url, functions, faults, model.account);
    functionUrls.set(url.logicalId, `${run.server(listening)}/`);
    namedUrls.set(url.logicalId, `http://${hostOf(url)}:${listening.port}/`);
  }
  return { functionUrls, namedUrls };
}

/** Starts what has an address that functions are given. */
export async function startAddresses(options: AddressesOptions): Promise<Addresses> {
  const { model, functions, services, front, run } = options;
  const { functionUrls, namedUrls } = await startUrls(options);
  const queueUrls = model.queues.map(
    ({ logicalId, queueName }) => [logicalId, services.sqs?.urlOfName(queueName) ?? ''] as const,
  );
  const keys = keysOf(model.apis, options.jwks);
  const started = await startApis(model.apis, { functions, account: model.account, keys });
  const apis = new Map(model.apis.slice(0, 1).map(({ logicalId }) => [logicalId, front]));
  for (const { model: api, listening } of started.others) apis.set(api.logicalId, run.server(listening));
  const ofReferences = new Map([...namedUrls, ...queueUrls, ...apis]);
  const stored = model.storedValues(ofReferences);
  const hasStored = stored.parameters.size + stored.secrets.size > 0;
  const storedValues = hasStored ? run.server(await startStoredValuesApi(stored)) : undefined;
  return { ofReferences, functionUrls, apis, serveFirst: started.first, storedValues };
}
