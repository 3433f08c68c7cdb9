/* All that the comparison knows of fibrin. */
import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';
import { systemClock } from '../../lib/core/clock.ts';
import { decodeResult } from '../../lib/idempotency/codec.ts';
import { IdempotencyKeyError, InFlightError, OwnershipLostError } from '../../lib/idempotency/errors.ts';
import { idempotentHttp } from '../../lib/idempotency/http.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { allOf, optional } from '../../lib/idempotency/parts.ts';
import { readRecord } from '../../lib/idempotency/protocol.ts';
import { bodyField, type HttpEvent, header } from '../../lib/idempotency/sources.ts';
import { idempotency } from '../../lib/middleware/idempotency.ts';
import { type DynamoStore, dynamoStore } from '../../lib/store/dynamodb.ts';
import { leanStore } from '../../lib/store/lean/lean-store.ts';
import { leanTransport } from '../../lib/store/lean/lean-transport.ts';
import { fromWireItem } from '../../lib/store/marshal.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import type {
  ErrorKind,
  Event,
  Guard,
  HttpGuard,
  Library,
  OddTable,
  Row,
  Sandbox,
  SandboxOptions,
  Subject,
} from './subject.ts';
import { openTable, type Table, type WireItem } from './table.ts';
import { LOCAL } from './wire.ts';

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

/** Undefined: the header, which is its default for HTTP. */
function httpKeyOf(guard: HttpGuard): ((event: HttpEvent) => unknown) | undefined {
  if (guard.bodyField !== undefined) return bodyField(guard.bodyField);
  if (guard.optionalBodyField === undefined) return undefined;
  return allOf(header('Idempotency-Key'), optional(bodyField(guard.optionalBodyField)));
}

function sandboxOn(table: Table, { fault, now }: SandboxOptions, keyAttribute = KEY_ATTRIBUTE): Sandbox {
  const transport = sdkTransport(table.client(fault));
  return sandboxOf(dynamoStore({ table: table.name, keyAttribute, transport }), keyAttribute, now);
}

function sandboxOf(store: DynamoStore, keyAttribute: string, now?: () => number): Sandbox {
  const httpOptionsOf = (guard: HttpGuard) => ({ store, operation: guard.operation });
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
    http(guard, run) {
      const key = httpKeyOf(guard);
      const options = { ...httpOptionsOf(guard), principal: null, ...(key && { key }) };
      return idempotentHttp<Event, Context, unknown>(options, run);
    },
    httpMiddleware: (guard) =>
      idempotency({ ...httpOptionsOf(guard), key: httpKeyOf(guard) ?? header('Idempotency-Key') }),
    writing: (guard, keysOf) =>
      idempotent(optionsOf(guard), async (event, _context, claim) => {
        const writes = keysOf(event).map((key) => ({
          Put: { TableName: store.name, Item: { [keyAttribute]: { S: key } } },
        }));
        return claim.completeWith(writes, 'written');
      }),
  };
}

async function oddSandbox(endpoint: string, odd: OddTable, tables: Table[]): Promise<Sandbox> {
  const keyAttribute = odd === 'a sort key' ? KEY_ATTRIBUTE : 'owner';
  const table = await openTable(endpoint, keyAttribute, odd === 'a sort key' ? 'sk' : undefined);
  tables.push(table);
  return sandboxOn(table, {}, keyAttribute);
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

const typed: Library['typed'] = (form, handler) => `
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { idempotentHttp } from '../../lib/idempotency/http.ts';
import { memoryStore } from '../../lib/store/memory.ts';
const options = { store: memoryStore(), operation: 'order' };
export const wrapped = ${
  form === 'http'
    ? `idempotentHttp({ ...options, principal: null }, ${handler})`
    : `idempotent({ ...options, key: ({ id }: { readonly id: number }) => id }, ${handler})`
};`;

export const fibrin: Library = {
  name: 'fibrin',
  version,
  typed,
  async open(endpoint): Promise<Subject> {
    const table = await openTable(endpoint, KEY_ATTRIBUTE);
    const tables = [table];
    return {
      odd: (odd) => oddSandbox(endpoint, odd, tables),
      sandbox: (options = {}) => sandboxOn(table, options),
      rows: async () => (await table.items()).map(rowOf),
      remove: ({ key }) => table.remove(key),
      errorKind,
      typed,
      close() {
        for (const each of tables) each.close();
      },
    };
  },
};

/** Sandboxes over the transport without the SDK, on a table of their own. Nothing can be put on their wire. */
export async function leanSandboxes(endpoint: string): Promise<() => Sandbox> {
  const { name, close } = await openTable(endpoint, KEY_ATTRIBUTE);
  close();
  return () => {
    const transport = leanTransport({ endpoint, ...LOCAL });
    return sandboxOf(leanStore({ table: name, keyAttribute: KEY_ATTRIBUTE, transport }), KEY_ATTRIBUTE);
  };
}
