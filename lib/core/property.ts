/*
 * Anything can be thrown: null, a Proxy, an error with a getter that throws or with an object for a name. Code that reads
 * an error must not lose it, so it reads through these.
 */

/** A property of anything. Undefined where there is none, and where reading it throws. */
export function propertyOf(value: unknown, key: PropertyKey): unknown {
  try {
    return (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** An object with members by name: no array. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && !Array.isArray(value);

/** A property that is text, else an empty text. Never calls a `toString`. */
export const textOf = (value: unknown, key: PropertyKey): string => {
  const text = propertyOf(value, key);
  return typeof text === 'string' ? text : '';
};
