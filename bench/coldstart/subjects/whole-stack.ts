/* A handler with a deadline, correlation, telemetry, idempotency and a call under a breaker that is shared: on any store. */
import middy from '@middy/core';
import { sharedBreaker } from '../../../lib/breaker/index.ts';
import type { CountingStore } from '../../../lib/index.ts';
import { correlation, deadline, idempotency, telemetry } from '../../../lib/middleware/index.ts';

export interface Order {
  readonly id: string;
}

export function wholeStack(store: CountingStore) {
  const payments = sharedBreaker({ name: 'payments', store });
  return middy<Order, object>()
    .use(idempotency<Order>({ store, operation: 'order', key: ({ id }) => id }))
    .use(correlation())
    .use(telemetry({ namespace: 'Shop' }))
    .use(deadline())
    .handler(async ({ id }) => ({ statusCode: 201, body: await payments.execute(async () => id) }));
}
