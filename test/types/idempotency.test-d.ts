import type {
  ALBHandler,
  ALBResult,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  APIGatewayProxyResult,
  APIGatewayProxyResultV2,
  Context,
  EventBridgeEvent,
  EventBridgeHandler,
  Handler,
  LambdaFunctionURLHandler,
  SQSRecord,
} from 'aws-lambda';
import { expectTypeOf, test } from 'vitest';
import type { Json } from '../../lib/core/json.ts';
import type { IDEMPOTENCY } from '../../lib/core/metric-names.ts';
import type { IdempotencyEventKind } from '../../lib/idempotency/events.ts';
import {
  type Claim,
  envelopeId,
  idempotent,
  idempotentHttp,
  recordEnvelopeId,
} from '../../lib/idempotency/index.ts';
import { memoryStore } from '../../lib/store/memory.ts';

/*
 * What compiles and what does not, for `npm run check:types`. Nothing here runs.
 */

const store = memoryStore();
const key = () => 'k';

test('a handler can have the types of @types/aws-lambda', () => {
  const create = async (
    _event: APIGatewayProxyEventV2,
    _context: Context,
  ): Promise<APIGatewayProxyResultV2> => 'created';
  const http: APIGatewayProxyHandlerV2 = idempotentHttp({ store, operation: 'a', principal: null }, create);
  const url: LambdaFunctionURLHandler = idempotentHttp({ store, operation: 'a', principal: null }, create);
  const put = async (_event: APIGatewayProxyEvent, _context: Context): Promise<APIGatewayProxyResult> => ({
    statusCode: 201,
    body: '',
    multiValueHeaders: { link: ['a', 'b'] },
  });
  const rest: APIGatewayProxyHandler = idempotentHttp({ store, operation: 'a', principal: null }, put);
  const answer = async (): Promise<ALBResult> => ({ statusCode: 201, statusDescription: '201 Created' });
  const balanced: ALBHandler = idempotentHttp({ store, operation: 'a', principal: null }, answer);
  const wrapped: APIGatewayProxyHandler = idempotent({ store, operation: 'a', key }, put);
  const onEvent: EventBridgeHandler<'order.placed', { id: string }, void> = idempotent(
    {
      store,
      operation: 'a',
      key: (event: EventBridgeEvent<'order.placed', { id: string }>) => envelopeId(event),
    },
    async () => undefined,
  );
  const any: Handler<SQSRecord, { id: number }> = idempotent(
    { store, operation: 'a', key: (record: SQSRecord) => recordEnvelopeId(record) },
    async () => ({ id: 7 }),
  );

  for (const handler of [http, url, rest, balanced, wrapped, onEvent, any])
    expectTypeOf(handler).toBeFunction();
});

test('a result is typed as what JSON makes of it', () => {
  const order = idempotent({ store, operation: 'a', key }, async () => ({
    at: new Date(0),
    lines: [1, undefined, () => 1] as const,
    note: undefined as string | undefined,
    method: () => 1,
  }));

  expectTypeOf(order).returns.resolves.toEqualTypeOf<{
    at: string;
    lines: readonly [1, null, null];
    note: string | undefined;
  }>();
  // @ts-expect-error A replay has no Date.
  void order({}, {}).then(({ at }) => at.getTime());
});

test('what is JSON stays as it is', () => {
  interface Order {
    readonly id: number;
    readonly tags?: readonly string[];
    readonly owner: { readonly name: string } | null;
  }
  expectTypeOf<Json<Order>>().toEqualTypeOf<Order>();
  expectTypeOf<Json<APIGatewayProxyResultV2>>().toExtend<APIGatewayProxyResultV2>();
  expectTypeOf<Json<unknown>>().toEqualTypeOf<unknown>();
  // biome-ignore lint/suspicious/noExplicitAny: what is tested.
  expectTypeOf<Json<any>>().toBeAny();
  expectTypeOf<Json<void>>().toEqualTypeOf<void>();
  expectTypeOf<Json<Map<string, number>>>().not.toBeAny();
});

test('the principal of an HTTP operation has to be said', () => {
  // @ts-expect-error One caller would get the answer of another.
  idempotentHttp({ store, operation: 'a' }, async () => ({ statusCode: 200 }));
});

test('a claim records what its operation returns', () => {
  idempotent(
    { store, operation: 'a', key },
    async (_event: object, _context: Context, claim: Claim<number>) => claim.completeWith([], 7),
  );
  idempotent(
    { store, operation: 'a', key, isDefiniteFailure: (_error, { definite }) => definite },
    async () => 7,
  );
});

test('every kind of event has its metric', () => {
  expectTypeOf<
    keyof typeof IDEMPOTENCY.units
  >().toEqualTypeOf<`Idempotency${Capitalize<IdempotencyEventKind>}`>();
});
