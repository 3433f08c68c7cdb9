import { wasRequestSent } from '../../core/attempt-facts.ts';
import { fullJitter } from '../../core/backoff.ts';
import { isThrottling, isTimeout } from '../../core/classify.ts';
import { hasCode } from '../../core/errors.ts';
import { propertyOf, textOf } from '../../core/property.ts';
import type { Random } from '../../core/random.ts';
import { isTransientStatus, statusOf } from '../../core/status.ts';
import { UNREADABLE } from './errors.ts';

const BASE_DELAY_MS = 50;
const MAX_DELAY_MS = 1_000;

/** Refused before anything was done, since the time in the signature is not DynamoDB's. */
export const SKEWED: RegExp =
  /^(AuthFailure|InvalidSignatureException|RequestExpired|RequestInTheFuture|RequestTimeTooSkewed|SignatureDoesNotMatch)$/;

/** Refused before anything was done, since the credentials have ended. */
export const EXPIRED: RegExp =
  /^(ExpiredToken(Exception)?|UnrecognizedClientException|InvalidClientTokenId)$/;

/** Whether a request was surely not processed. */
export const isUnprocessed = (error: unknown): boolean =>
  isThrottling(error) || wasRequestSent(error) === false;

/**
 * Whether a request may be sent again after an error: it was surely not processed, or it may be processed twice and the error
 * speaks of the moment.
 */
export function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (isUnprocessed(error)) return true;
  // It would be as long again.
  if (!repeatable || hasCode(error, 'RESPONSE_TOO_LARGE')) return false;
  return isTimeout(error) || textOf(error, 'name') === UNREADABLE || isTransientStatus(statusOf(error) ?? 0);
}

/** Before the next attempt. Milliseconds: none where the connection was closed, since the next one is new. */
export const waitOf = (error: unknown, attempt: number, random: Random): number =>
  propertyOf(error, 'staleConnection') ? 0 : fullJitter(random, BASE_DELAY_MS, MAX_DELAY_MS)(attempt);
