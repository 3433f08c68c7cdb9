import { errorChain } from './error-chain.ts';
import { isFibrinError } from './errors.ts';
import { propertyOf, textOf } from './property.ts';
import { statusOf } from './status.ts';

/** A word of an error: a message may quote anything. */
const WORD = /^\w{1,40}$/;

/**
 * What a call failed with, in words that may be stored and shown: its name and code, and its status where there is one. Empty where
 * nothing of it is a word.
 */
export function causeOf(error: unknown): string {
  const words = errorChain(error)
    .flatMap((link) => [textOf(link, 'name'), textOf(link, 'code')])
    .filter((text) => WORD.test(text) && text !== 'Error');
  // That of an error of our own is what our caller is answered.
  const status = isFibrinError(error) ? propertyOf(error, 'downstreamStatus') : statusOf(error);
  return [...new Set(words)]
    .slice(0, 2)
    .concat(status ? `status ${status}` : [])
    .join(' ');
}
