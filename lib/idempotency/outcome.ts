import { isTimeoutError } from '../core/classify.ts';
import { errorChain } from '../core/error-chain.ts';
import { hasCode } from '../core/errors.ts';

/**
 * Whether an error, or what led to it, leaves open if the effect has happened: a call was given up when its time was over,
 * or a store did not say what became of a write. To run again at once could then make it happen twice.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  return isTimeoutError(error) || errorChain(error).some((link) => hasCode(link, 'STORE_UNAVAILABLE'));
}
