import * as v from 'valibot';
import type { Clock } from '../../lib/core/clock.ts';
import type { Store } from '../../lib/core/store.ts';
import type { RemainingTime } from '../../lib/idempotency/execution.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { callOf } from './call.ts';
import { clientOf } from './clients.ts';
import { FAULTS, isDelay, type Kind } from './faults.ts';
import type { HttpPlan } from './plan.ts';
import { CLOSED_URL } from './proxy.ts';
import { describeError, type Story } from './story.ts';
import { type Answered, OPERATION, type Pay } from './trial.ts';
import { isOwnRetry } from './ways.ts';

/** Says to the proxy which request of the key it is. */
export const REQUEST_HEADER = 'x-request';

/** What a client waits that is to wait in vain: longer than a busy machine takes to hand its request on. Milliseconds. */
const SHORT_MS = 300;
/** A machine with much to do is no server in trouble. Milliseconds. */
const LONG_MS = 60_000;
const limitFor = (kind: Kind): number => (isDelay(FAULTS[kind]) ? SHORT_MS : LONG_MS);

export interface PaymentOptions {
  readonly plan: HttpPlan;
  readonly story: Story<Kind>;
  readonly store: Store;
  readonly clock: Clock;
  readonly proxyUrl: string;
}

/** Sends one request with the client of the plan. */
function sender({ plan, story, proxyUrl }: PaymentOptions): (signal: AbortSignal) => Promise<unknown> {
  const { key, amount, client, way } = plan;
  // Where the policy has a limit, it is the one that ends a call.
  const isLimited = way === 'timeout' || way === 'resilient';
  return async (signal) => {
    const isRefused = FAULTS[story.next].way === 'refuse';
    const { kind } = story.send(client, isRefused);
    return clientOf(client)({
      ...{ signal, isRetried: isOwnRetry(way), isRedirected: way === 'redirects followed' },
      url: isRefused ? CLOSED_URL : proxyUrl,
      headers: { 'content-type': 'application/json', [REQUEST_HEADER]: String(story.sent.length) },
      body: JSON.stringify({ key, amount }),
      timeoutMs: isLimited ? LONG_MS : limitFor(kind),
    });
  };
}

/** A payment at a server that knows no idempotency keys. */
export function payment(options: PaymentOptions): Pay {
  const { plan, story, store, clock } = options;
  const { key, amount } = plan;
  const send = sender(options);
  const call = callOf(plan.way);
  const receipt = v.object({ id: v.string(), key: v.literal(key), amount: v.literal(amount) });
  return idempotent<object, RemainingTime, Answered>(
    {
      ...{ store, clock, operation: OPERATION, skewMarginMs: 0, onUnknownOutcome: 'hold' },
      ...(plan.group === 'careless' && { isDefiniteFailure: () => true }),
      key: () => key,
      onEvent: ({ kind }) => story.note(`  the key: ${kind}`),
    },
    async () => {
      const run = ++story.runs;
      story.note(`run ${run}`);
      try {
        return await call({ send, receipt, run, timeoutMs: limitFor(story.next) });
      } catch (error) {
        story.note(`  failed with ${describeError(error)}`);
        if (plan.isWrapped) throw new Error('the payment failed', { cause: error });
        throw error;
      }
    },
  );
}
