import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../lib/idempotency/canonical-json.ts';
import { digestWith, operationOf, recordKey } from '../../lib/idempotency/key.ts';

const digest = digestWith(undefined);

describe('canonicalJson', () => {
  test('is JSON without white space, its members sorted at every depth', () => {
    expect(canonicalJson({ b: [1, { d: null, c: true }], a: 'x' })).toBe(
      '{"a":"x","b":[1,{"c":true,"d":null}]}',
    );
  });

  test('sorts by UTF-16 code units, as RFC 8785 has it, and not by the language', () => {
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const shuffled = Object.fromEntries(names.map((name) => [name, 0]));

    const sorted = Object.keys(JSON.parse(canonicalJson(shuffled)) as object);

    expect(sorted).toEqual(['1', '\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
  });

  test.each([
    [9_007_199_254_740_991, '9007199254740991'],
    [1e-7, '1e-7'],
    [-0, '0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [5e-324, '5e-324'],
  ])('writes numbers as JSON does: %d', (number, text) => {
    expect(canonicalJson(number)).toBe(text);
  });

  test('tells an own member called __proto__ from none', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });

  test('takes objects without a prototype, as a parser of queries makes them', () => {
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });

  // Two different values with one text would be two requests with one result.
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['a member that is undefined', { user: undefined }],
    ['a hole in an array', new Array(2)],
    ['NaN', Number.NaN],
    ['a bigint', 1n],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['a Date', new Date(0)],
    ['a Map', new Map([[1, 2]])],
    ['a Buffer', Buffer.from('x')],
    ['an object that says how to be JSON', { toJSON: () => 'x' }],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'NOT_JSON' }));
  });
});

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('what a request can bring and no key can hold', () => {
  test.each([
    ['an integer beyond those that are exact', '1524831183200260097', 'send it as a string'],
    ['a negative one', '-9007199254740993', 'send it as a string'],
    ['a number beyond all', '1e400', 'send it as a string'],
    ['a lone surrogate', '"\\ud83d"', 'not well-formed Unicode'],
    ['a lone surrogate in a name', '{"\\ud83d":1}', 'not well-formed Unicode'],
    ['101 levels', nested(101), 'more than 100 levels'],
    ['100,000 levels', nested(100_000), 'more than 100 levels'],
  ])('is refused with 400: %s', (_, text, why) => {
    expect(() => digest(JSON.parse(text))).toThrow(expect.objectContaining({ status: 400 }));
    expect(() => digest({ member: JSON.parse(text) as unknown })).toThrow(why);
  });

  test('is not 100 levels', () => {
    expect(canonicalJson(JSON.parse(nested(100)))).toBe(nested(100));
  });
});

describe('what a refusal of canonicalJson tells', () => {
  class Order {}
  const nameless = Object.create(Object.create(null)) as unknown;

  test.each<[string, unknown]>([
    ['a value of type undefined', undefined],
    ['a value of type bigint', 1n],
    ['NaN', Number.NaN],
    ['an instance of Date', new Date(0)],
    ['an instance of Order', new Order()],
    ['an instance of a class', nameless],
  ])('is what it is, and not what it holds: %s', (what, value) => {
    expect(() => canonicalJson({ member: value })).toThrow(
      expect.objectContaining({
        message: `An idempotency key or payload must be plain JSON; it holds ${what}`,
      }),
    );
  });
});

describe('the key of a record', () => {
  test('does not depend on the order of the members', () => {
    expect(digest({ a: 1, b: 2 })).toBe(digest({ b: 2, a: 1 }));
  });

  test.each([
    [0, ''],
    [0, false],
    [0, null],
    ['0', 0],
    [['a', 'b'], ['a,b']],
    [[], {}],
  ])('tells %j from %j', (one, other) => {
    expect(digest(one)).not.toBe(digest(other));
  });

  test('is readable where it may be and tells nothing of what identifies the caller', () => {
    const key = recordKey('charge', digest({ card: '4111' }));

    expect(key).toMatch(/^idempotency#charge#[\w-]{43}$/);
  });

  test('is another one for another operation', () => {
    expect(recordKey('charge', 'k')).not.toBe(recordKey('email', 'k'));
  });

  test('of a record tells its operation, and what is none tells nothing', () => {
    expect(operationOf(recordKey('put-profile.v2', digest('k')))).toBe('put-profile.v2');
    const digested = digest('k');
    for (const text of [
      'k',
      'idempotency#charge#short',
      `breaker#charge#${digested}`,
      `idempotency##${digested}`,
      `an idempotency#charge#${digested}`,
      `idempotency#charge#${digested} and more`,
    ])
      expect(operationOf(text)).toBeUndefined();
  });

  test('takes a secret to be made and to be found out', () => {
    const value = { phone: '+49 30 1234' };
    const made = digestWith('a secret of sixteen')(value);

    expect(made).toMatch(/^[\w-]{43}$/);
    expect(made).not.toBe(digest(value));
    expect(made).not.toBe(digestWith('another secret, longer')(value));
    expect(made).toBe(digestWith(new TextEncoder().encode('a secret of sixteen'))(value));
  });
});
