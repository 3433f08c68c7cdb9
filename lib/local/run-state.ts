import { systemClock } from '../core/clock.ts';
import type { Addresses } from './addresses.ts';
import { readBreakers } from './breakers.ts';
import type { Engine } from './dynamodb/engine.ts';
import type { EventServices } from './event-services.ts';
import type { EventSources } from './event-sources.ts';
import type { FaultSwitches } from './faults.ts';
import type { LocalFunction } from './lambda/function.ts';
import type { QueueControl } from './queue-control.ts';
import type { AppModel, ClassCount } from './template/model.ts';

export interface RunStateOptions {
  readonly model: AppModel;
  readonly classes: readonly ClassCount[];
  readonly timeScale: number;
  readonly engine: Engine;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly addresses: Addresses;
  readonly services: EventServices;
  readonly sources: EventSources;
  readonly queues: QueueControl;
  readonly faults: FaultSwitches;
}

/** Everything there is to see of a run, as plain JSON. */
export async function runState(options: RunStateOptions): Promise<object> {
  const { model, engine, addresses, services, sources, queues, faults } = options;
  const breakers = model.tables.map(({ tableName }) =>
    readBreakers(engine.endpoint, tableName, systemClock.now()),
  );
  return {
    stack: model.stackName,
    timeScale: options.timeScale,
    dynamodb: { engine: engine.name, weaker: engine.weaker },
    endpoints: options.endpoints,
    functions: [...options.functions.values()].map((fn) => fn.state()),
    apis: Object.fromEntries(addresses.apis),
    functionUrls: Object.fromEntries(addresses.functionUrls),
    tables: model.tables.map(({ tableName, logicalId }) => ({ name: tableName, logicalId })),
    ...services.state(),
    queues: await queues.states(),
    ...sources.state(),
    faults: faults.list(),
    traffic: faults.traffic(),
    breakers: (await Promise.all(breakers)).flat(),
    resources: options.classes,
  };
}
