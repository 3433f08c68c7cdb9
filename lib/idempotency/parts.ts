import { hasCode } from '../core/errors.ts';
import { propertyOf } from '../core/property.ts';
import { IdempotencyKeyError } from './errors.ts';

/** Takes one value out of an event. Missing is undefined or null; 0, false and '' are values like any other. */
export type Part<E> = (event: E) => unknown;

const optionals = new WeakSet<object>();

/** Marks a part that may be missing. Without it a missing part is refused: it would make different requests one. */
export function optional<E>(part: Part<E>): Part<E> {
  const marked: Part<E> = (event) => {
    try {
      return part(event);
    } catch (error) {
      if (hasCode(error, 'IDEMPOTENCY_KEY_MISSING') && propertyOf(error, 'isMissing') === true)
        return undefined;
      throw error;
    }
  };
  optionals.add(marked);
  return marked;
}

/**
 * A key of several parts. They are kept apart, so that `a, bc` and `ab, c` are different keys.
 * @throws {IdempotencyKeyError} (400) for an event that lacks a part, naming which, or has none of those that it may lack.
 * @example
 * ```ts
 * const key = allOf(header('Idempotency-Key'), bodyField('orderId'), optional(bodyField('line')));
 * ```
 */
export function allOf<E>(...parts: readonly Part<E>[]): (event: E) => readonly unknown[] {
  return (event) => {
    const values = parts.map((part, index) => {
      const value = part(event) ?? null;
      if (value === null && !optionals.has(part)) {
        throw new IdempotencyKeyError(
          `Part ${index + 1} of ${parts.length} of the idempotency key is missing`,
        );
      }
      return value;
    });
    if (values.every((value) => value === null)) {
      throw new IdempotencyKeyError('All parts of the idempotency key are missing');
    }
    return values;
  };
}
