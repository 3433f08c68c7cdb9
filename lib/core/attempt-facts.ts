import { propertyOf } from './property.ts';

/*
 * What is known about the attempts that an error stands for is kept on the error, so that each copy of this package can read it,
 * under symbols, so that no log shows it.
 */

const EARLIER = Symbol.for('fibrin.earlierAttempts');
const SENT = Symbol.for('fibrin.requestSent');

// Anything can be thrown: what is no object takes no note, one that is frozen refuses it, a revoked Proxy throws.
function note(error: unknown, key: symbol, value: unknown): void {
  try {
    Reflect.defineProperty(Object(error), key, { value, configurable: true });
  } catch {}
}

/** The errors of the attempts before the one that an error ended. `undefined` stands for an attempt that returned a value. */
export const earlierAttempts = (error: unknown): readonly unknown[] =>
  [propertyOf(error, EARLIER) ?? []].flat(Number.POSITIVE_INFINITY);

/** Notes which attempts were made before the one that ended with an error. */
export const noteEarlierAttempts = (error: unknown, earlier: readonly unknown[]): void => {
  if (earlier.length > 0) note(error, EARLIER, [earlier, propertyOf(error, EARLIER) ?? []]);
};

/** Whether a request that was aborted for this reason had been written. Undefined where no request says. */
export const wasRequestSent = (reason: unknown): unknown => propertyOf(reason, SENT);

/** Notes whether a request had been written when it was aborted. One reason may abort several. */
export const noteRequestSent = (reason: unknown, sent: boolean): void =>
  note(reason, SENT, sent || wasRequestSent(reason) === true);
