import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bootstrapFile } from './bootstrap-file.ts';
import { codePlaces } from './code/place.ts';
import type { FaultSwitches } from './faults.ts';
import { hostOf } from './http/function-url.ts';
import { type LocalFunction, localFunction, type SandboxSettings } from './lambda/function.ts';
import { turns } from './lambda/semaphore.ts';
import type { Log } from './log.ts';
import type { OtherServices } from './other-services.ts';
import type { Processes } from './processes.ts';
import type { FunctionModel } from './template/functions.ts';
import type { AppModel } from './template/model.ts';

export interface FunctionsOptions {
  readonly model: AppModel;
  readonly region: string;
  readonly project: string;
  readonly processes: Processes;
  readonly settings: SandboxSettings;
  readonly faults: FaultSwitches;
  readonly others: OtherServices;
  /** Variables with the addresses of services that run here. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Addresses of function URLs, queues and APIs by logical id. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly log: Log;
}

/** The sandboxes of a function that reserves no concurrency: what an account shares is more than a laptop has. */
const DEFAULT_CONCURRENCY = 10;

/** Makes the functions of the template ready to be invoked, in the map that others hold already. */
export async function addFunctions(
  functions: Map<string, LocalFunction>,
  options: FunctionsOptions,
): Promise<void> {
  const { model, region, project, processes, settings, faults, others, endpoints, addresses, log } = options;
  const takeTurn = turns(availableParallelism());
  const bootstrap = await bootstrapFile(join(project, '.fibrin'));
  const places = await codePlaces(project, processes);
  const environmentOf = (fn: FunctionModel): Record<string, string> => ({
    AWS_ENDPOINT_URL: others.urlOf(fn.displayName),
    ...model.environmentOf(fn, addresses),
    ...endpoints,
  });
  /** Of the function URLs that are in its environment. */
  const unresolvedNamesOf = (environment: Record<string, string>) => {
    const values = Object.values(environment);
    const called = model.urls.filter((url) => values.some((value) => value.includes(hostOf(url))));
    return () =>
      called.filter(({ faultTargets }) => Object.keys(faultTargets).some(faults.isUnresolved)).map(hostOf);
  };
  for (const fn of model.functions) {
    const environment = environmentOf(fn);
    functions.set(
      fn.functionName,
      localFunction({
        ...{ model: fn, account: model.account, region, processes, bootstrap, settings, takeTurn },
        code: await places.place(fn),
        defaultConcurrency: DEFAULT_CONCURRENCY,
        environment,
        unresolvedNames: unresolvedNamesOf(environment),
        onOutput: (line) => log.output(fn.displayName, line),
      }),
    );
  }
}
