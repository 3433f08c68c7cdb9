import { earlierAttempts, wasRequestSent } from '../core/attempt-facts.ts';
import { isCancellation, isThrottling, isTimeout } from '../core/classify.ts';
import { errorChain } from '../core/error-chain.ts';
import { isFibrinError } from '../core/errors.ts';
import { propertyOf, textOf } from '../core/property.ts';
import { statusOf } from '../core/status.ts';

/** No connection was made: the name was not found, the port refused, the certificate was not accepted, no socket was left. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EADDRNOTAVAIL|E[MN]FILE|UND_ERR_CONNECT_TIMEOUT|UNABLE_TO_\w+|\w*(CERT|SELF_SIGNED)\w*)$/;

/** The phases before a request is sent, as Node names its system calls and got the limit that was over. */
const BEFORE_REQUEST = /^(connect|getaddrinfo|lookup|secureConnect)$/;

/** What the toolkit refuses before it calls anything. A key that is in flight under this one guards its own effect. */
const REFUSED = /^(BREAKER_OPEN|BULKHEAD_FULL|OVERLOADED|RATE_LIMITED|INVALID_OPTION|IDEMPOTENCY_IN_FLIGHT)$/;

/** Errors of the toolkit that say nothing by themselves: what caused them does. */
const BY_CAUSE = /^(NO_ANSWER|STORE_UNAVAILABLE)$/;

/**
 * What one error says of its call:
 * - `proof`: it has had no effect;
 * - `open`: it may have had one;
 * - `nothing`: ask what caused it.
 */
type Verdict = 'proof' | 'open' | 'nothing';

/** A client has tried several times by itself: those of the AWS SDK, got and undici. The error is that of the last try. */
const wasRepeated = (error: unknown): boolean =>
  Number(propertyOf(propertyOf(error, '$metadata'), 'attempts')) > 1 ||
  Number(propertyOf(propertyOf(error, 'request'), 'retryCount')) > 0 ||
  textOf(error, 'code') === 'UND_ERR_REQ_RETRY';

/**
 * A definite 4xx: the other side has refused. Not where the status says that the request came too late, met another one, or was
 * given up (408, 409, 499).
 */
export const isRefusal = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 409, 499].includes(status);

/** gRPC's RESOURCE_EXHAUSTED is a quota, and also an answer that is longer than the client takes. */
const isAmbiguous = (error: unknown): boolean =>
  (propertyOf(error, 'code') === 8 && textOf(error, 'details') !== '') ||
  textOf(error, 'name') === 'TransactionInProgressException';

/** A status that was made of another error says nothing: a handler answers its own client so, whatever the error was. */
function ofStatus(error: unknown, status: number): Verdict {
  // An empty object is the cause of an answer that got has no other for.
  if (status >= 400 && textOf(propertyOf(error, 'cause'), 'name') !== '') return 'nothing';
  return isRefusal(status) ? 'proof' : 'open';
}

function ofToolkit(error: unknown): Verdict {
  const code = textOf(error, 'code');
  if (REFUSED.test(code) || propertyOf(error, 'called') === false) return 'proof';
  if (BY_CAUSE.test(code)) return 'nothing';
  return isTimeout(error) || code === 'INVALID_ANSWER' ? 'open' : ofStatus(error, statusOf(error) ?? 0);
}

function ofOthers(error: unknown): Verdict {
  const code = textOf(error, 'code');
  const name = textOf(error, 'name');
  // DynamoDB knows a transaction by its token, however often it is sent.
  if (name === 'TransactionCanceledException') return 'proof';
  if (wasRepeated(error) || isAmbiguous(error)) return 'open';
  if (isThrottling(error) || name === 'CredentialsProviderError') return 'proof';
  // An answer before it: the client has followed a redirect.
  const status = statusOf(error);
  if (status !== undefined) return ofStatus(error, status);
  const phases = [textOf(error, 'syscall'), textOf(error, 'event')];
  if (NOT_CONNECTED.test(code) || phases.some((phase) => BEFORE_REQUEST.test(phase))) return 'proof';
  // Errors of connections have codes. Those of programs have none.
  return code !== '' || isTimeout(error) || isCancellation(error) ? 'open' : 'nothing';
}

function verdictOf(error: unknown): Verdict {
  // What takes no note can hide attempts before it.
  if (!Object.isExtensible(error)) return 'open';
  if (wasRequestSent(error) === false) return 'proof';
  return isFibrinError(error) ? ofToolkit(error) : ofOthers(error);
}

/**
 * Whether an error proves that the call which it ended has had no effect: it, or what caused it, is a proof, and none of them
 * leaves it open. Never throws.
 */
export function isProof(error: unknown): boolean {
  try {
    const verdicts = errorChain(error).map(verdictOf);
    return verdicts.includes('proof') && !verdicts.includes('open');
  } catch {
    // A Proxy that was revoked proves nothing.
    return false;
  }
}

/** The attempts that an error stands for: the one that it ended, and those before it. */
export function attemptsOf(error: unknown): ReadonlySet<unknown> {
  const attempts = new Set([error]);
  // A set hands out what is added on the way.
  for (const attempt of attempts)
    for (const link of errorChain(attempt))
      for (const earlier of earlierAttempts(link)) attempts.add(earlier);
  return attempts;
}
