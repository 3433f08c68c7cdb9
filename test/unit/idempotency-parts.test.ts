import { describe, expect, test } from 'vitest';
import { IdempotencyKeyError } from '../../lib/idempotency/errors.ts';
import { digestWith } from '../../lib/idempotency/key.ts';
import { allOf, optional } from '../../lib/idempotency/parts.ts';
import { type HttpEvent, header } from '../../lib/idempotency/sources.ts';

interface Order {
  readonly user?: unknown;
  readonly line?: unknown;
}

const user = (order: Order) => order.user;
const line = (order: Order) => order.line;
const digest = digestWith(undefined);

describe('a key of parts', () => {
  test('keeps them apart', () => {
    const key = allOf(user, line);

    expect(digest(key({ user: 'a', line: 'bc' }))).not.toBe(digest(key({ user: 'ab', line: 'c' })));
  });

  test.each([0, '', false])('takes %j for a part like any other', (value) => {
    expect(allOf(user, line)({ user: value, line: 1 })).toEqual([value, 1]);
  });

  test.each([undefined, null])('says which part is missing when it is %s', (missing) => {
    const key = () => allOf(user, line)({ user: 'a', line: missing });

    expect(key).toThrow(IdempotencyKeyError);
    expect(key).toThrow(expect.objectContaining({ status: 400 }));
    expect(key).toThrow('Part 2 of 2 of the idempotency key is missing');
  });

  test('keeps the place of an optional one that is missing', () => {
    expect(allOf(user, optional(line))({ user: 'a' })).toEqual(['a', null]);
    expect(allOf(optional(line), user)({ user: 'a' })).toEqual([null, 'a']);
  });

  test('may lack a header, and still refuses one that is no key', () => {
    const key = allOf(({ headers }: HttpEvent) => headers?.['user'], optional(header('X-Cart')));

    expect(key({ headers: { user: 'a' } })).toEqual(['a', null]);
    expect(key({ headers: { user: 'a', 'x-cart': '7' } })).toEqual(['a', '7']);
    expect(() => key({ headers: { user: 'a', 'x-cart': 'two words' } })).toThrow(/printable ASCII/);
  });

  test('leaves a part required elsewhere that is optional here', () => {
    optional(line);

    expect(() => allOf(line)({})).toThrow(IdempotencyKeyError);
  });

  test('is refused when all of its parts are missing: all such requests would be one', () => {
    const key = allOf(optional(user), optional(line));

    expect(() => key({})).toThrow(IdempotencyKeyError);
    expect(() => key({})).toThrow('All parts of the idempotency key are missing');
    expect(key({ line: 0 })).toEqual([null, 0]);
  });
});
