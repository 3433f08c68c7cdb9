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
const REFUSED = /^(BREAKER_OPEN|INVALID_OPTION|IDEMPOTENCY_IN_FLIGHT)$/;

/** Errors of the toolkit that say nothing by themselves: what caused them does. */
const BY_CAUSE = /^(NO_ANSWER|STORE_UNAVAILABLE)$/;

/** A client has tried several times by itself: those of the AWS SDK, and got. The error is that of the last try. */
const wasRepeated = (error: unknown): boolean =>
  Number(propertyOf(propertyOf(error, '$metadata'), 'attempts')) > 1 ||
  Number(propertyOf(propertyOf(error, 'request'), 'retryCount')) > 0;

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

function ofToolkit(error: unknown): boolean | undefined {
  const code = textOf(error, 'code');
  if (REFUSED.test(code) || propertyOf(error, 'called') === false) return true;
  return BY_CAUSE.test(code) ? undefined : isRefusal(statusOf(error) ?? 0);
}

function ofOthers(error: unknown): boolean | undefined {
  const name = textOf(error, 'name');
  // DynamoDB knows a transaction by its token, however often it is sent.
  if (name === 'TransactionCanceledException') return true;
  if (wasRepeated(error) || isAmbiguous(error)) return false;
  if (NOT_CONNECTED.test(textOf(error, 'code')) || name === 'CredentialsProviderError') return true;
  if (BEFORE_REQUEST.test(textOf(error, 'syscall')) || BEFORE_REQUEST.test(textOf(error, 'event')))
    return true;
  if (isThrottling(error)) return true;
  const status = statusOf(error);
  if (status !== undefined) return isRefusal(status);
  const errors = propertyOf(error, 'errors');
  if (Array.isArray(errors)) return errors.length > 0 && errors.every(isProof);
  return isTimeout(error) || isCancellation(error) ? false : undefined;
}

/** What one error says. Undefined: nothing, ask what caused it. */
function verdict(error: unknown): boolean | undefined {
  // What takes no note can hide attempts before it.
  if (!Object.isExtensible(error)) return false;
  if (wasRequestSent(error) === false) return true;
  return isFibrinError(error) ? ofToolkit(error) : ofOthers(error);
}

/** Whether an error proves that the call which it ended has had no effect. Never throws. */
export function isProof(error: unknown): boolean {
  try {
    return (
      errorChain(error)
        .map(verdict)
        .find((known) => known !== undefined) === true
    );
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
