import { systemClock } from '../../core/clock.ts';
import { type BreakerWatch, breakerWatch } from '../breaker-watch.ts';
import type { FaultSwitches } from '../faults.ts';
import type { Log } from '../log.ts';
import type { Opened } from '../opened.ts';
import type { TableModel } from '../template/tables.ts';
import type { Engine } from './engine.ts';
import { startDynamoDbProxy } from './proxy.ts';
import { createTables } from './tables.ts';
import { emulateTransactions } from './transactions.ts';

export interface TablesOptions {
  readonly tables: readonly TableModel[];
  /** The engine, which starts meanwhile. */
  readonly starting: Promise<Engine>;
  readonly project: string;
  readonly faults: FaultSwitches;
  readonly log: Log;
  readonly run: Opened;
}

export interface Tables {
  /** Where functions find DynamoDB. */
  readonly endpoint: string;
  /** The engine, once the tables of the template are there. */
  readonly ready: Promise<Engine>;
  readonly changes: BreakerWatch['changes'];
}

/** Makes the tables of the template, and serves them behind the switches of faults. */
export async function startTables(options: TablesOptions): Promise<Tables> {
  const { tables, starting, project, faults, log, run } = options;
  const ready = starting.then(async (engine) => {
    const weaker = engine.weaker.length === 0 ? '' : `, weaker than DynamoDB: ${engine.weaker.join('; ')}`;
    log.say(`tables: ${engine.name}${weaker}`);
    await createTables(tables, engine, project);
    return engine;
  });
  const watch = breakerWatch(
    ready.then(({ endpoint }) => endpoint),
    systemClock.now,
  );
  const targets = new Map(tables.map(({ tableName, faultTarget }) => [tableName, faultTarget]));
  const proxy = await startDynamoDbProxy({
    behind: ready.then(({ endpoint, transactions }) => ({
      endpoint,
      transactions: transactions ? undefined : emulateTransactions(endpoint),
    })),
    faults,
    targetOf: (name) => targets.get(name),
    onWrite: watch.wrote,
  });
  return { endpoint: run.server(proxy), ready, changes: watch.changes };
}
