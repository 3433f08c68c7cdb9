import type { LocalFunction } from '../lambda/function.ts';
import type { ApiModel } from '../template/apis.ts';
import { httpApi } from './http-api.ts';
import type { Serve } from './integration.ts';
import type { KeySet } from './jwt.ts';
import { restApi } from './rest-api.ts';
import { guarded, type Listening, listen, refuseOtherHosts, send } from './server.ts';
import { serviceAnswer } from './service-answer.ts';

export interface ApisOptions {
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly account: string;
  readonly keys: KeySet;
}

export interface StartedApi {
  readonly model: ApiModel;
  readonly listening: Listening;
}

export interface Apis {
  /** Serves the first one, which has the run's own port. */
  readonly first: Serve;
  /** The others, each on a port of its own. */
  readonly others: readonly StartedApi[];
}

const nothing: Serve = async (_, response) => send(response, serviceAnswer(404, 'Not Found'));

/** Serves the APIs of the template. Which pages may call them is for each to say: on AWS too a request from any page comes in. */
export async function startApis(models: readonly ApiModel[], options: ApisOptions): Promise<Apis> {
  const serveOf = (model: ApiModel): Serve =>
    model.kind === 'http' ? httpApi(model, options) : restApi(model, options);
  const [first, ...others] = models;
  const started: StartedApi[] = [];
  for (const model of others) {
    const listening = await listen(0, guarded(serveOf(model), { refuse: refuseOtherHosts }));
    started.push({ model, listening });
  }
  return { first: first ? serveOf(first) : nothing, others: started };
}

/** The stage that an API's own address stands for: `$default` has none in its path. */
export const stagePaths = ({ stages }: ApiModel): readonly string[] =>
  stages.map(({ name }) => (name === '$default' ? '/' : `/${name}/`));
