import createError from 'http-errors';
import * as v from 'valibot';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { errorChain } from '../../lib/core/error-chain.ts';
import { propertyOf } from '../../lib/core/property.ts';
import { statusOf } from '../../lib/core/status.ts';
import { boundedFetch } from '../../lib/http/bounded-fetch.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { timeout } from '../../lib/policy/timeout.ts';
import { CLOSED_URL } from './proxy.ts';
import type { Answered, Receipt } from './trial.ts';
import type { WayName } from './ways.ts';

/** One call of a handler. */
export interface Call {
  readonly send: (signal: AbortSignal) => Promise<unknown>;
  readonly receipt: v.GenericSchema<unknown, Receipt>;
  /** For a policy that ends the call. Milliseconds. */
  readonly timeoutMs: number;
  /** Of which run of the key, from 1. */
  readonly run: number;
}

const name = 'charges';
const NEVER = new AbortController().signal;
const RETRY = { maxAttempts: 2, baseDelayMs: 1, budget: false } as const;
/** No limit of these is to end a call. Milliseconds. */
const LIMITS = { totalTimeoutMs: false, attemptTimeoutMs: false } as const;
const REFUSALS: readonly unknown[] = [400, 402, 404, 422, 429];

/** What a careful user knows to have charged nothing. */
const isRefusal = (error: unknown): boolean =>
  REFUSALS.includes(statusOf(error)) ||
  errorChain(error).some((link) => propertyOf(link, 'code') === 'ECONNREFUSED');

const plain = async ({ send, receipt }: Call): Promise<Receipt> => v.parse(receipt, await send(NEVER));

const caused =
  (status: number) =>
  (call: Call): Promise<Receipt> =>
    plain(call).catch((cause: unknown) => {
      throw createError(status, 'the payment failed', { cause });
    });

async function retryIntoOpenBreaker({ send, receipt }: Call): Promise<Receipt> {
  const breaker = circuitBreaker({ name });
  const shouldRetry = () => {
    void breaker.force('open');
    return true;
  };
  const policy = resilient({ name, ...LIMITS, breaker, validate: receipt, retry: { ...RETRY, shouldRetry } });
  return policy.execute(({ signal }) => send(signal));
}

const CALL_OF: Readonly<Record<WayName, (call: Call) => Promise<Answered>>> = {
  plain,
  timeout: async ({ send, receipt, timeoutMs }) =>
    v.parse(receipt, await timeout({ name, timeoutMs }).execute(({ signal }) => send(signal))),
  resilient: ({ send, receipt, timeoutMs: attemptTimeoutMs }) =>
    resilient({ name, ...LIMITS, attemptTimeoutMs, validate: receipt }).execute(({ signal }) => send(signal)),
  'retry of refusals': ({ send, receipt }) =>
    resilient({
      ...{ name, ...LIMITS, validate: receipt },
      retry: { ...RETRY, shouldRetry: isRefusal },
    }).execute(({ signal }) => send(signal)),
  'retry of all': ({ send, receipt }) =>
    resilient({ name, ...LIMITS, validate: receipt, retry: RETRY }).execute(({ signal }) => send(signal)),
  'retry into an open breaker': retryIntoOpenBreaker,
  'answers 502': (call) => plain(call).catch(() => ({ statusCode: 502 })),
  'own retry of got': plain,
  'own retry of others': plain,
  "handler's own loop": (call) => plain(call).catch(() => plain(call)),
  'fallback that charges': ({ send, receipt }) =>
    resilient<Receipt>({
      ...{ name, ...LIMITS, validate: receipt },
      fallbackTimeoutMs: 60_000,
      fallbackWhen: () => true,
      fallback: (_error, { signal }) => send(signal) as Promise<Receipt>,
    }).execute(({ signal }) => send(signal)),
  'redirects followed': plain,
  async 'second call refused'(call) {
    const charged = await plain(call);
    if (call.run === 1) await boundedFetch(CLOSED_URL, { signal: NEVER });
    return charged;
  },
  'throws 400': caused(400),
  'throws 502': caused(502),
};

export const callOf = (way: WayName): ((call: Call) => Promise<Answered>) => CALL_OF[way];
