/* All that the comparison knows of fibrin. */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../lib/core/clock.ts';
import { decodeResult } from '../../lib/idempotency/codec.ts';
import { IdempotencyKeyError, InFlightError, OwnershipLostError } from '../../lib/idempotency/errors.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { allOf } from '../../lib/idempotency/parts.ts';
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

function keyOf(paths: readonly string[]): (event: Event) => unknown {
  const [first, ...more] = paths;
  if (first === undefined) return (event) => event;
  const at = (path: string) => (event: Event) => pick(event, path);
  return more.length === 0 ? at(first) : allOf(...paths.map(at));
}

function sandboxOn(table: Table, { fault, now }: SandboxOptions): Sandbox {
  const store = dynamoStore({ table: table.name, transport: sdkTransport(table.client(fault)) });
  // `requireKey` is always so.
  const optionsOf = (guard: Guard): IdempotencyOptions<Event> => ({
    store,
    operation: guard.operation as string,
    key: keyOf(guard.key),
    ...(guard.retentionSeconds !== undefined && { retentionSeconds: guard.retentionSeconds }),
    ...(guard.skewMarginMs !== undefined && { skewMarginMs: guard.skewMarginMs }),
    ...(guard.cache === true && { replayCache: {} }),
    ...(guard.holdUnknown === true && { onUnknownOutcome: 'hold' as const }),
    ...(now && { clock: { ...systemClock, now } }),
  });
  return {
    wrap: (guard, run) => idempotent(optionsOf(guard), run),
    middleware: (guard, onWarning = () => undefined) =>
      idempotency({
        ...optionsOf(guard),
        onWarning,
        ...(guard.timeoutEarlyInMillis !== undefined && {
          timeoutEarlyInMillis: guard.timeoutEarlyInMillis,
        }),
      }),
  };
}

function rowOf(item: WireItem): Row {
  const record = readRecord(fromWireItem(item));
  if (record === undefined) throw new Error(`not a record of fibrin's: ${JSON.stringify(item)}`);
  return {
    key: item[KEY_ATTRIBUTE]?.S ?? '',
    state: record.state,
    result: record.state === 'completed' ? decodeResult('', record.result) : undefined,
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
