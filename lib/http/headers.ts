import { InvalidOptionError } from '../core/errors.ts';
import { kindOf } from './kind.ts';

type HeaderValue = string | number;

/** What `fetch` takes: an object, a `Headers`, a `Map`, an array of pairs or another iterable of them. */
export type FetchHeaders =
  | Iterable<readonly [name: string, value: HeaderValue]>
  | Readonly<Record<string, HeaderValue>>;

/** What an HTTP token is made of. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** What Node sends in a value: Latin-1 without control characters. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * What boundedFetch decides. Two lengths of a body that disagree are how one request is smuggled inside another; nothing
 * waits for a `100 Continue`; the connection speaks HTTP/1.1 and nothing else.
 */
const RESERVED: Readonly<Record<string, string>> = {
  'content-length': 'it follows from the body',
  'transfer-encoding': 'it follows from the body',
  expect: 'the body is sent at once',
  upgrade: 'no other protocol is spoken',
};

const invalid = (expected: string) => new InvalidOptionError(`boundedFetch: expected ${expected}`);

/** An object without entries that is not plain, such as a promise, holds its headers where they cannot be read. */
function entriesOf(headers: unknown): Iterable<unknown> {
  if (typeof headers === 'object' && headers !== null) {
    if (Symbol.iterator in headers) return headers as Iterable<unknown>;
    const entries = Object.entries(headers);
    const prototype: unknown = Object.getPrototypeOf(headers);
    if (entries.length > 0 || prototype === null || Object.getPrototypeOf(prototype) === null) return entries;
  }
  throw invalid(`\`headers\` to be an object or an iterable of pairs, got ${kindOf(headers)}`);
}

function checkName(name: unknown, position: number): string {
  // Never quoted: in a pair whose halves are swapped it is the value.
  if (typeof name === 'string' && TOKEN.test(name)) return name.toLowerCase();
  throw invalid(`each name in \`headers\` to be an HTTP token; name ${position} is not`);
}

/** `fetch` sends a number as text, and trims values. It sends `undefined` as text too, which is never meant. */
function checkValue(name: string, given: unknown): string {
  if (typeof given !== 'string' && !Number.isFinite(given)) {
    const got = given === null || given === undefined ? String(given) : `a value of type ${typeof given}`;
    throw invalid(`the header "${name}" to be a string or a finite number, got ${got}`);
  }
  const value = String(given).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  if (VALUE.test(value)) return value;
  throw invalid(
    `the header "${name}" to be Latin-1 text without line breaks and control characters; encode its value`,
  );
}

/**
 * The headers to send, by lower-case name. Those with the same name are joined, as `fetch` does.
 * @throws {InvalidOptionError} for one that cannot be sent. Values are never quoted.
 */
export function readHeaders(headers: FetchHeaders): Record<string, string> {
  const sent: Record<string, string> = Object.create(null);
  let position = 0;
  for (const pair of entriesOf(headers)) {
    position++;
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw invalid(`\`headers\` to hold pairs of a name and a value; entry ${position} is none`);
    }
    const name = checkName(pair[0], position);
    if (Object.hasOwn(RESERVED, name)) throw invalid(`\`headers\` without ${name}; ${RESERVED[name]}`);
    const value = checkValue(name, pair[1]);
    const separator = name === 'cookie' ? '; ' : ', ';
    sent[name] = name in sent ? `${sent[name]}${separator}${value}` : value;
  }
  return sent;
}
