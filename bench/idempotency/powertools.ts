/* All that the comparison knows of Powertools for AWS Lambda (TypeScript). */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type {
  ErrorKind,
  Guard,
  Hooks,
  Library,
  Row,
  Run,
  Sandbox,
  SandboxOptions,
  Subject,
} from './subject.ts';
import { openTable, type Table, type WireItem } from './table.ts';

const KEY_ATTRIBUTE = 'id';
const A_DAY_SECONDS = 86_400;

const { version } = JSON.parse(
  readFileSync(
    new URL('../node_modules/@aws-lambda-powertools/idempotency/package.json', import.meta.url),
    'utf8',
  ),
) as { readonly version: string };

/*
 * Powertools takes no clock but asks `Date.now`, so that is what is replaced. Only what a sandbox with a clock of its own
 * calls, now or later, sees that clock; everything else in this process goes on with the machine's.
 */
const clocks = new AsyncLocalStorage<(() => number) | undefined>();
const machineNow = Date.now;
let clocksInUse = 0;

function replaceDateNow(): void {
  if (clocksInUse++ > 0) return;
  Date.now = () => {
    const now = clocks.getStore();
    // A clock may itself ask for the time, and means the machine's.
    return now === undefined ? machineNow() : clocks.run(undefined, now);
  };
}

function restoreDateNow(): void {
  if (--clocksInUse === 0) Date.now = machineNow;
}

/** Our paths are JMESPath as they are; several make a multi-select list. */
function jmesPathOf(paths: readonly string[]): string {
  return paths.length > 1 ? `[${paths.join(', ')}]` : (paths[0] ?? '');
}

function sandboxOn(table: Table, { fault, now }: SandboxOptions): Sandbox {
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName: table.name,
    keyAttr: KEY_ATTRIBUTE,
    awsSdkV3Client: table.client(fault),
  });
  // Its lease is the remaining time and has no margin, and what it does after an unknown end cannot be chosen.
  const optionsOf = ({ operation, key, requireKey, retentionSeconds, cache }: Guard) => ({
    persistenceStore,
    config: new IdempotencyConfig({
      eventKeyJmesPath: jmesPathOf(key),
      throwOnNoIdempotencyKey: requireKey ?? false,
      expiresAfterSeconds: retentionSeconds ?? A_DAY_SECONDS,
      useLocalCache: cache ?? false,
    }),
    ...(operation !== undefined && { keyPrefix: operation }),
  });
  const timed = <A extends readonly unknown[], R>(call: (...args: A) => R): ((...args: A) => R) =>
    now === undefined ? call : (...args) => clocks.run(now, () => call(...args));
  return {
    wrap: (guard, run) => timed(makeIdempotent(run, optionsOf(guard)) as Run),
    middleware(guard) {
      const { before, after, onError } = makeHandlerIdempotent(optionsOf(guard)) as Required<Hooks>;
      return { before: timed(before), after: timed(after), onError: timed(onError) };
    },
  };
}

function rowOf(item: WireItem): Row {
  const { [KEY_ATTRIBUTE]: key, status, data } = unmarshall(item);
  return { key, state: status === 'COMPLETED' ? 'completed' : 'in-progress', result: data };
}

function errorKind(error: unknown): ErrorKind {
  switch (error instanceof Error ? error.name : '') {
    case 'IdempotencyAlreadyInProgressError':
      return 'in-flight';
    case 'IdempotencyKeyError':
      return 'no-key';
    default:
      return 'other';
  }
}

export const powertools: Library = {
  name: 'Powertools',
  version,
  async open(endpoint): Promise<Subject> {
    const table = await openTable(endpoint, KEY_ATTRIBUTE);
    replaceDateNow();
    return {
      sandbox: (options = {}) => sandboxOn(table, options),
      rows: async () => (await table.items()).map(rowOf),
      remove: ({ key }) => table.remove(key),
      errorKind,
      close() {
        restoreDateNow();
        table.close();
      },
    };
  },
};
