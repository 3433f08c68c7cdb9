import { createHash } from 'node:crypto';
import type { APIGatewayProxyEventV2WithIAMAuthorizer as Event } from 'aws-lambda';
import { boundedFetch, FibrinError, resilient } from 'fibrin';
import { sharedBreaker } from 'fibrin/breaker';
import { dynamoStore } from 'fibrin/dynamodb';
import { idempotentHttp } from 'fibrin/idempotency';
import { idempotencyMetrics, policyMetrics } from 'fibrin/telemetry';

const NAMESPACE = 'Orders';
const paymentsUrl = process.env['PAYMENTS_URL'] ?? '';
if (!URL.canParse(paymentsUrl)) throw new Error('PAYMENTS_URL is no URL; the template sets it');

interface Order {
  readonly item: string;
  readonly cents: number;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The table in FIBRIN_TABLE. */
const store = dynamoStore();
const onEvent = policyMetrics({ namespace: NAMESPACE });

/**
 * All environments share what they know of the payment service. A payment is tried once: a second try could charge twice where
 * the service does not know idempotency keys.
 */
const payments = resilient<string>({
  name: 'payments',
  attemptTimeoutMs: 3_000,
  breaker: sharedBreaker({ store, name: 'payments', slowCallMs: 2_000, onEvent }),
  onEvent,
});

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

/** The same for every retry of a request, so that the payment service can tell a retry too. */
const chargeKeyOf = (event: Event): string =>
  createHash('sha256')
    .update(JSON.stringify([callerOf(event), event.headers['idempotency-key']]))
    .digest('hex');

async function createOrder(event: Event): Promise<Answer> {
  const order = orderOf(event);
  const receipt = await payments.execute(async ({ signal }) => {
    const answer = await boundedFetch(`${paymentsUrl}/charges`, {
      ...{ method: 'POST', signal, maxBytes: 10_000 },
      headers: { 'content-type': 'application/json', 'idempotency-key': chargeKeyOf(event) },
      body: JSON.stringify(order),
    });
    return answer.text();
  });
  return {
    statusCode: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...order, receipt }),
  };
}

export const handler = idempotentHttp(
  {
    store,
    operation: 'create-order',
    principal: callerOf,
    payload: ({ body }) => body,
    onEvent: idempotencyMetrics({ namespace: NAMESPACE }),
  },
  createOrder,
);
