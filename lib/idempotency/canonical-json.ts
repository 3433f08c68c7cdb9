import { FibrinError } from '../core/errors.ts';

const refuse = (what: string): never => {
  throw new FibrinError('NOT_JSON', `An idempotency key or payload must be plain JSON; it holds ${what}`);
};

/**
 * The one text of a JSON value: members sorted by UTF-16 code units, no white space. Refuses what JSON cannot hold,
 * because two different values with one text would share a key.
 * @throws {FibrinError} `NOT_JSON`
 * @see RFC 8785, JSON Canonicalization Scheme
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
        ? JSON.stringify(value)
        : refuse('a string that is not well-formed Unicode');
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : refuse(String(value));
    case 'boolean':
      return String(value);
    case 'object':
      break;
    default:
      return refuse(`a value of type ${typeof value}`);
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return refuse(`an instance of ${prototype.constructor?.name ?? 'a class'}`);
  }
  const members = Object.keys(value)
    .sort()
    .map((name) => `${canonicalJson(name)}:${canonicalJson((value as Record<string, unknown>)[name])}`);
  return `{${members.join(',')}}`;
}
