import { propertyOf } from './property.ts';
import { labelOf, warnOnce } from './warn-once.ts';

/**
 * A user's predicate as a function that never throws. Where the predicate throws, or returns something else than it should, the
 * default decides, and the process warns of it, once an option.
 * @param predicate Undefined: the default decides.
 * @param option Names the option and its owner in the warning, e.g. `posts: retry.shouldRetry`.
 * @param expected What it should return. NaN is no number here.
 */
export function guarded<A extends readonly unknown[], R>(
  option: string,
  predicate: ((...args: A) => R) | undefined,
  defaultOf: (...args: A) => R,
  expected: 'boolean' | 'number',
): (...args: A) => R {
  if (!predicate) return defaultOf;
  return (...args) => {
    let problem: string;
    try {
      const result = predicate(...args);
      const kind = Number.isNaN(result) ? 'NaN' : typeof result;
      if (kind === expected) return result;
      const isPromise = typeof propertyOf(result, 'then') === 'function';
      problem = `returned ${isPromise ? 'promise' : kind}, not ${expected}`;
      // Nothing waits for it, so its rejection would end the process.
      if (isPromise) (async () => result)().catch(() => undefined);
    } catch (error) {
      problem = `threw ${labelOf(error)}`;
    }
    warnOnce(option, `${problem}; the default is used`);
    return defaultOf(...args);
  };
}
