import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2WithIAMAuthorizer as Event } from 'aws-lambda';
import { boundedFetch, FibrinError, resilient } from 'fibrin';
import { sharedBreaker } from 'fibrin/breaker';
import { dynamoStore } from 'fibrin/dynamodb';
import { envelope, OUTBOX_ATTRIBUTE } from 'fibrin/events';
import { type Claim, idempotentHttp } from 'fibrin/idempotency';
import { idempotencyMetrics, policyMetrics } from 'fibrin/telemetry';
import { setting } from './setting.ts';

const NAMESPACE = 'Orders';
const paymentsUrl = setting('PAYMENTS_URL');
const orders = dynamoStore({ table: setting('ORDERS_TABLE') });
/** The table in FIBRIN_TABLE. */
const store = dynamoStore();
const onEvent = policyMetrics({ namespace: NAMESPACE });

/** All environments share what they know of the payment service. */
const payments = resilient<string>({
  name: 'payments',
  attemptTimeoutMs: 2_000,
  // The payment service knows idempotency keys: a second try charges nothing more.
  retry: { maxAttempts: 2 },
  breaker: sharedBreaker({ store, name: 'payments', onEvent }),
  onEvent,
});

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Order {
  readonly item: string;
  readonly cents: number;
}

function orderOf({ body }: Event): Order {
  let order: Partial<Order> | null = null;
  try {
    order = JSON.parse(body ?? '') as Partial<Order> | null;
  } catch {
    // Answered below.
  }
  const { item, cents } = order ?? {};
  if (typeof item === 'string' && item !== '' && Number.isSafeInteger(cents) && Number(cents) > 0)
    return { item, cents: Number(cents) };
  throw new FibrinError('BAD_ORDER', 'An order is { item, cents }', { status: 400 });
}

/** Whoever signed the request. All sessions of a role are one caller: a retry may come from the next session. */
function callerOf({ requestContext }: Event): string {
  const { accountId, userId } = requestContext.authorizer.iam;
  return `${accountId} ${userId.split(':')[0]}`;
}

/** Callers choose the ids of their orders: each has ids of its own. The payment service gets it as its idempotency key. */
const orderIdOf = (event: Event): string =>
  createHash('sha256')
    .update(JSON.stringify([callerOf(event), event.pathParameters?.['id']]))
    .digest('hex');

/**
 * Charges, then writes the order with its event and the record of this request: all three or none. Where that fails, a retry charges
 * under the same id, and gets the same receipt.
 */
async function putOrder(event: Event, _context: unknown, claim: Claim<Answer>): Promise<Answer> {
  const order = orderOf(event);
  const id = orderIdOf(event);
  if (await orders.get(`order#${id}`))
    throw new FibrinError('ORDER_EXISTS', 'There is an order with this id', { status: 409 });
  const receipt = await payments.execute(async ({ signal }) => {
    const answer = await boundedFetch(`${paymentsUrl}/charges`, {
      ...{ method: 'POST', signal, maxBytes: 10_000 },
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify(order),
    });
    return answer.text();
  });
  const time = new Date().toISOString();
  const placed = envelope({
    id: `${id}#placed`,
    type: 'order.placed',
    time,
    data: { orderId: id, ...order },
  });
  const item = { ...order, receipt, [OUTBOX_ATTRIBUTE]: JSON.stringify(placed) };
  return claim.completeWith([orders.writeOf(`order#${id}`, item, { when: ['absent'] })], {
    statusCode: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...order, receipt }),
  });
}

export const handler = idempotentHttp(
  {
    store,
    operation: 'put-order',
    principal: callerOf,
    payload: ({ body }) => body,
    onEvent: idempotencyMetrics({ namespace: NAMESPACE }),
  },
  putOrder,
);
