import * as v from 'valibot';
import type { Clock } from '../../lib/core/clock.ts';
import { errorChain } from '../../lib/core/error-chain.ts';
import { propertyOf } from '../../lib/core/property.ts';
import { statusOf } from '../../lib/core/status.ts';
import type { Store } from '../../lib/core/store.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { clientOf } from './clients.ts';
import { FAULTS, isDelay, type Kind } from './faults.ts';
import type { HttpPlan } from './plan.ts';
import { describeError, type Story } from './story.ts';
import { OPERATION, type Pay, type Receipt } from './trial.ts';

/** Says to the proxy what is to happen to a request. */
export const FAULT_HEADER = 'x-fault';

/** What a client waits that is to wait in vain. Milliseconds. */
const SHORT_MS = 60;
/** A machine with much to do is no server in trouble. Milliseconds. */
const LONG_MS = 60_000;
const limitFor = (kind: Kind): number => (isDelay(FAULTS[kind]) ? SHORT_MS : LONG_MS);

export interface PaymentOptions {
  readonly plan: HttpPlan;
  readonly story: Story<Kind>;
  readonly store: Store;
  readonly clock: Clock;
  readonly proxyUrl: string;
  /** Where nothing listens. */
  readonly closedUrl: string;
}

/** What a careful user knows to have charged nothing. */
const isRefusal = (error: unknown): boolean => {
  const status = statusOf(error) ?? 0;
  const isRefused = errorChain(error).some((link) => propertyOf(link, 'code') === 'ECONNREFUSED');
  return isRefused || (status >= 400 && status < 500);
};

type Send = (signal: AbortSignal) => Promise<unknown>;

/** One run: calls the client under the policy and checks the answer. */
async function charge({ plan, story }: PaymentOptions, send: Send): Promise<Receipt> {
  const { key, amount, policy } = plan;
  const receipt = v.object({ id: v.string(), key: v.literal(key), amount: v.literal(amount) });
  const limit = { name: 'charges', timeoutMs: limitFor(story.next) };
  const common = { name: 'charges', totalTimeoutMs: LONG_MS, validate: receipt };
  const retry = { maxAttempts: 2, baseDelayMs: 1, budget: false } as const;
  const call = ({ signal }: { readonly signal: AbortSignal }) => send(signal);
  switch (policy) {
    case 'none':
      return v.parse(receipt, await send(new AbortController().signal));
    case 'timeout':
      return v.parse(receipt, await timeout(limit).execute(call));
    case 'resilient':
      return resilient({ ...common, attemptTimeoutMs: limit.timeoutMs }).execute(call);
    case 'retry of refusals':
      return resilient({ ...common, retry: { ...retry, shouldRetry: isRefusal } }).execute(call);
    case 'retry all':
      return resilient({ ...common, retry }).execute(call);
  }
}

/** A payment at a server that knows no idempotency keys. */
export function payment(options: PaymentOptions): Pay {
  const { plan, story, store, clock, proxyUrl, closedUrl } = options;
  const { key, amount, client, policy } = plan;
  const send: Send = (signal) => {
    const kind = story.send(client);
    // Where the policy has a limit, it is the one that ends a call.
    const timeoutMs = policy === 'timeout' || policy === 'resilient' ? LONG_MS : limitFor(kind);
    const url = FAULTS[kind].way === 'refuse' ? closedUrl : proxyUrl;
    const headers = { 'content-type': 'application/json', [FAULT_HEADER]: kind };
    const body = JSON.stringify({ key, amount });
    return clientOf(client)({ url, headers, body, signal, timeoutMs });
  };
  return idempotent(
    {
      ...{ store, clock, operation: OPERATION, skewMarginMs: 0, onUnknownOutcome: 'hold' },
      key: () => key,
      onEvent: ({ kind }) => story.note(`  the key: ${kind}`),
    },
    async () => {
      story.note(`run ${++story.runs}`);
      try {
        return await charge(options, send);
      } catch (error) {
        story.note(`  failed with ${describeError(error)}`);
        if (plan.isWrapped) throw new Error('the payment failed', { cause: error });
        throw error;
      }
    },
  );
}
