/* All that the comparison knows of fibrin. */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../lib/core/clock.ts';
import { decodeResult } from '../../lib/idempotency/codec.ts';
import { IdempotencyKeyError, InFlightError, OwnershipLostError } from '../../lib/idempotency/errors.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/guard.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { readRecord } from '../../lib/idempotency/protocol.ts';
import { idempotency } from '../../lib/middleware/idempotency.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { fromWireItem } from '../../lib/store/marshal.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import type { ErrorKind, Event, Guard, Library, Row, Sandbox, SandboxOptions, Subject } from './subject.ts';
import { openTable, type Table, type WireItem } from './table.ts';

const KEY_ATTRIBUTE = 'pk';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

function pick(event: Event, path: string): unknown {
  let value: unknown = event;
  for (const name of path.split('.')) value = (value as Event | null | undefined)?.[name];
  return value;
}

/** There is no helper yet for a key of several parts: a list of them, where one that is missing is refused as no JSON. */
function keyOf(paths: readonly string[]): (event: Event) => unknown {
  const [first, ...more] = paths;
  if (first === undefined) return (event) => event;
  return more.length === 0
    ? (event) => pick(event, first)
    : (event) => paths.map((path) => pick(event, path));
}

function sandboxOn(table: Table, { fault, now }: SandboxOptions): Sandbox {
  const store = dynamoStore({ table: table.name, transport: sdkTransport(table.client(fault)) });
  // `requireKey` is always so. `cache` and `holdUnknown` are not there yet.
  const optionsOf = (guard: Guard): IdempotencyOptions<Event> => ({
    store,
    operation: guard.operation as string,
    key: keyOf(guard.key),
    ...(guard.retentionSeconds !== undefined && { retentionSeconds: guard.retentionSeconds }),
    ...(guard.skewMarginMs !== undefined && { skewMarginMs: guard.skewMarginMs }),
    ...(now && { clock: { ...systemClock, now } }),
  });
  return {
    wrap: (guard, run) => idempotent(optionsOf(guard), run),
    middleware: (guard) => idempotency(optionsOf(guard)),
  };
}

function rowOf(item: WireItem): Row {
  const record = readRecord(fromWireItem(item));
  if (record === undefined) throw new Error(`not a record of fibrin's: ${JSON.stringify(item)}`);
  return {
    key: item[KEY_ATTRIBUTE]?.S ?? '',
    state: record.state,
    result: record.state === 'completed' ? decodeResult(record.result) : undefined,
  };
}

function errorKind(error: unknown): ErrorKind {
  if (error instanceof InFlightError) return 'in-flight';
  if (error instanceof OwnershipLostError) return 'lost';
  return error instanceof IdempotencyKeyError ? 'no-key' : 'other';
}

export const fibrin: Library = {
  name: 'fibrin',
  version,
  async open(endpoint): Promise<Subject> {
    const table = await openTable(endpoint, KEY_ATTRIBUTE);
    return {
      sandbox: (options = {}) => sandboxOn(table, options),
      rows: async () => (await table.items()).map(rowOf),
      remove: ({ key }) => table.remove(key),
      errorKind,
      close: () => table.close(),
    };
  },
};
