/** A value as it is kept. */
export interface Snapshot<T> {
  readonly value: T;
  /** Its JSON text. There is none of undefined. */
  readonly text: string | undefined;
}

const isPlain = (value: object): boolean => {
  const parent: unknown = Object.getPrototypeOf(value);
  // That of a plain object of any realm has none itself.
  return parent === null || Object.getPrototypeOf(parent) === null;
};

const isScalar = (value: unknown): boolean =>
  value === null || Number.isFinite(value) || ['string', 'boolean', 'undefined'].includes(typeof value);

/** @throws for what is no JSON data. */
function frozenCopy(value: unknown): unknown {
  if (isScalar(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy));
  if (typeof value !== 'object' || value === null || !isPlain(value)) throw new TypeError('no JSON data');
  // A member may be named "__proto__".
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([name, member]) => [name, frozenCopy(member)])),
  );
}

/**
 * A deeply frozen copy of JSON data: plain objects, arrays, text, finite numbers, booleans, null. `undefined` is data too, as
 * a value and as a member. Undefined for anything else (a Date, a Map, an instance of a class, a function, a cycle).
 */
export function snapshotOf<T>(value: T): Snapshot<T> | undefined {
  try {
    // A text of JSON.stringify is undefined for undefined.
    const text = JSON.stringify(value) as string | undefined;
    return { text, value: frozenCopy(value) as T };
  } catch {
    return undefined;
  }
}

/** What a text is of. @throws {SyntaxError} for what is no JSON text. */
export const fromText = <T>(text: string | undefined): T =>
  (text === undefined ? undefined : frozenCopy(JSON.parse(text))) as T;
