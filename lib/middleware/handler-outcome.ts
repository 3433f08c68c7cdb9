import { evidenceOf, FROZEN_MS } from '../core/classify.ts';
import { errorChain } from '../core/error-chain.ts';
import { hasCode, isOwnRefusal } from '../core/errors.ts';
import type { AttemptState } from '../core/execution.ts';
import { propertyOf } from '../core/property.ts';

/*
 * What a breaker records of a handler, where the handler itself is what the breaker protects. Elsewhere an error speaks of a
 * dependency: there a bug counts for nothing.
 */

/** An answer of 500 or more, as the error that it is to a breaker. */
export class ServerErrorAnswer extends Error {
  override readonly name: string = 'ServerErrorAnswer';
  readonly response: unknown;
  readonly statusCode: unknown;
  constructor(response: unknown) {
    super('The handler answered with a status of 500 or more');
    this.response = response;
    this.statusCode = propertyOf(response, 'statusCode');
  }
}

/** Statuses below 500 that say that the handler could not do its work now. */
const OF_THE_MOMENT: readonly unknown[] = [408, 425, 429];

const isClientStatus = (status: unknown): boolean =>
  typeof status === 'number' && status >= 400 && status < 500 && !OF_THE_MOMENT.includes(status);

/** Whether the handler refused the request by throwing. What a service answered to the handler does not count here. */
const isRefusal = (error: unknown): boolean =>
  isClientStatus(propertyOf(error, 'status') ?? propertyOf(error, 'statusCode'));

/** What kept the handler from answering and says nothing about it, if something did. */
function hindranceOf(error: unknown): 'not called' | 'cut short' | 'frozen' | undefined {
  if (isOwnRefusal(error)) return 'not called';
  if (hasCode(error, 'ATTEMPT_TIMEOUT'))
    return Number(propertyOf(error, 'lateMs')) >= FROZEN_MS ? 'frozen' : undefined;
  if (!hasCode(error, 'DEADLINE_EXCEEDED')) return undefined;
  if (propertyOf(error, 'called') === false) return 'not called';
  // Its own limits are timeouts. The others are those of the invocation and of the caller.
  return String(propertyOf(error, 'limit')).endsWith('timeout') ? undefined : 'cut short';
}

/** Notes in the state of an attempt what an error says about the handler, where a breaker reads something else in it. */
export function noteError(error: unknown, attempt: AttemptState): void {
  const hindrance = errorChain(error).map(hindranceOf).find(Boolean);
  if (hindrance === 'not called') attempt.called = false;
  else if (hindrance !== undefined) attempt.endedBy = hindrance;
  // Everything else is a failure: a bug, or what a service refused and nothing handled.
  else if (!isRefusal(error) && evidenceOf(error) !== 'failed') attempt.endedBy = 'own limit';
}
