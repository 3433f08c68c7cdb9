import { FibrinError } from '../core/errors.ts';

/** Deeper than any request needs, and far from the end of the stack. */
const MAX_DEPTH = 100;

/** A request can bring what `JSON.parse` takes, and is answered with 400. Anything else is the program's. */
function refuse(what: string, status?: 400): never {
  const message = `An idempotency key or payload must be plain JSON; it holds ${what}`;
  throw new FibrinError('NOT_JSON', message, status && { status });
}

function canonicalString(text: string): string {
  return text.isWellFormed() ? JSON.stringify(text) : refuse('a string that is not well-formed Unicode', 400);
}

/** Of two long integers that differ in their last digit, `JSON.parse` makes one number. */
function canonicalNumber(number: number): string {
  if (Number.isNaN(number)) return refuse('NaN');
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER
    ? JSON.stringify(number)
    : refuse(`a number beyond ${Number.MAX_SAFE_INTEGER}, which may not be exact; send it as a string`, 400);
}

function canonicalObject(value: object, depth: number): string {
  if (depth > MAX_DEPTH) return refuse(`more than ${MAX_DEPTH} levels`, 400);
  const inner = (member: unknown) => canonical(member, depth + 1);
  if (Array.isArray(value)) return `[${Array.from(value, inner).join(',')}]`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return refuse(`an instance of ${prototype.constructor?.name ?? 'a class'}`);
  }
  const members = Object.keys(value)
    .sort()
    .map((name) => `${canonicalString(name)}:${inner((value as Record<string, unknown>)[name])}`);
  return `{${members.join(',')}}`;
}

function canonical(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      return canonicalNumber(value);
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : canonicalObject(value, depth);
    default:
      return refuse(`a value of type ${typeof value}`);
  }
}

/**
 * The one text of a JSON value: members sorted by UTF-16 code units, no white space. Refuses what JSON cannot hold and
 * numbers beyond the safe integers, because two different values with one text would share a key.
 * @throws {FibrinError} `NOT_JSON`, with status 400 for what a request can bring: such a number, text that is no Unicode, over
 * 100 levels.
 * @see RFC 8785, JSON Canonicalization Scheme
 */
export const canonicalJson = (value: unknown): string => canonical(value, 1);
