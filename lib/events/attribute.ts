import { FibrinError } from '../core/errors.ts';
import { fieldOf } from '../core/field.ts';
import { isObject } from '../core/property.ts';

const refuse = (what: string): never => {
  throw new FibrinError('BAD_OUTBOX', `The outbox of the record holds ${what}`);
};

/** A number that JavaScript holds as it is. DynamoDB's have up to 38 digits. */
function numberOf(text: string): number {
  const number = Number(text);
  const isExact = Number.isInteger(number) ? Number.isSafeInteger(number) : Number.isFinite(number);
  return isExact ? number : refuse('a number that is not exact');
}

/**
 * What an attribute of DynamoDB, in its own form, is as JSON.
 * @throws {FibrinError} `BAD_OUTBOX` for what JSON does not have: binary values and sets.
 */
function plainOf(attribute: unknown): unknown {
  const [type = 'nothing', value] = (isObject(attribute) && Object.entries(attribute)[0]) || [];
  if (type === 'S' || type === 'BOOL') return value;
  if (type === 'N') return numberOf(String(value));
  if (type === 'NULL') return null;
  if (type === 'L' && Array.isArray(value)) return value.map(plainOf);
  if (type === 'M' && isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainOf(member)]));
  return refuse('a set, a binary value or no attribute');
}

/**
 * What an outbox holds: JSON as text, or a map or list as the DocumentClient writes them. Undefined for none, and for null.
 * @throws {FibrinError} `BAD_OUTBOX` for anything else.
 */
export function outboxContent(attribute: unknown): unknown {
  if (attribute === undefined || fieldOf(attribute, ['NULL']) === true) return undefined;
  const content = plainOf(attribute);
  if (typeof content !== 'string') return content;
  try {
    return JSON.parse(content);
  } catch {
    // Without the parser's error, which quotes the text.
    return refuse('text that is no JSON');
  }
}
