import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

const match = (pattern: unknown, event: unknown): boolean => matches(compilePattern(pattern), event);

const order = {
  version: '0',
  source: 'shop',
  'detail-type': 'Order placed',
  resources: ['arn:a', 'arn:b'],
  detail: { state: 'new', total: 12.5, paid: false, coupon: null, note: '', buyer: { name: 'Ann', age: 40 } },
};

describe('a value of a pattern', () => {
  test.each<[string, unknown, boolean]>([
    ['the same string', { source: ['shop'] }, true],
    ['another string', { source: ['store'] }, false],
    ['a string in another case', { source: ['Shop'] }, false],
    ['a part of the string', { source: ['sho'] }, false],
    ['one of several strings', { source: ['store', 'shop'] }, true],
    ['none of several strings', { source: ['store', 'stall'] }, false],
    ['the same number', { detail: { total: [12.5] } }, true],
    ['the same number, written otherwise', { detail: { total: [1.25e1] } }, true],
    ['another number', { detail: { total: [12] } }, false],
    ['the number as a string', { detail: { total: ['12.5'] } }, false],
    ['the same boolean', { detail: { paid: [false] } }, true],
    ['the other boolean', { detail: { paid: [true] } }, false],
    ['the boolean as a string', { detail: { paid: ['false'] } }, false],
    ['null', { detail: { coupon: [null] } }, true],
    ['null as a string', { detail: { coupon: ['null'] } }, false],
    ['an empty string where there is null', { detail: { coupon: [''] } }, false],
    ['the empty string', { detail: { note: [''] } }, true],
    ['null where there is an empty string', { detail: { note: [null] } }, false],
    ['null where there is no field', { detail: { gone: [null] } }, false],
    ['values of several types', { detail: { coupon: ['x', 5, null] } }, true],
    ['an explicit exact string', { source: [{ exactly: 'shop' }] }, true],
    ['an explicit exact string that differs', { source: [{ exactly: 'shopper' }] }, false],
  ])('matches or not: %s', (_, pattern, expected) => {
    expect(match(pattern, order)).toBe(expected);
  });

  test('matches numbers by value, which is what AWS does and not what its user guide says', () => {
    expect(match({ n: [300] }, JSON.parse('{"n": 300.0}'))).toBe(true);
    expect(match(JSON.parse('{"n": [3.0e2]}'), { n: 300 })).toBe(true);
  });

  test('matches a number outside the limits of numeric comparison, such as an account number', () => {
    expect(match({ account: [123_456_789_012] }, { account: 123_456_789_012 })).toBe(true);
    expect(match({ account: [123_456_789_012] }, { account: 123_456_789_013 })).toBe(false);
  });
});

describe('fields of a pattern', () => {
  test.each<[string, unknown, boolean]>([
    ['must all match', { source: ['shop'], version: ['0'], detail: { state: ['new'] } }, true],
    ['do not match when one does not', { source: ['shop'], version: ['1'] }, false],
    ['go as deep as the event does', { detail: { buyer: { name: ['Ann'], age: [40] } } }, true],
    ['do not match one level too high', { buyer: { name: ['Ann'] } }, false],
    ['do not match inside text', { source: { name: ['shop'] } }, false],
    ['are case-sensitive', { Source: ['shop'] }, false],
    ['do not match an object', { detail: ['new'] }, false],
    ['may be joined by dots', { 'detail.buyer.name': ['Ann'] }, true],
    ['may be joined by dots in part', { detail: { 'buyer.name': ['Ann'] } }, true],
    ['joined by dots must match too', { 'detail.buyer.name': ['Bob'] }, false],
  ])('%s', (_, pattern, expected) => {
    expect(match(pattern, order)).toBe(expected);
  });

  test('match a key of the event that has dots in it', () => {
    const pattern = compilePattern({ detail: { buyer: { name: ['Ann'] } } });
    expect(matches(pattern, { detail: { 'buyer.name': 'Ann' } })).toBe(true);
    expect(matches(pattern, { 'detail.buyer': { name: 'Ann' } })).toBe(true);
    expect(matches(pattern, { 'detail.buyer.name.first': 'Ann' })).toBe(false);
  });

  test('count once when they name the same field twice: the later list stands', () => {
    const pattern = compilePattern({ 'a.b': ['first'], a: { b: ['second'] } });
    expect(matches(pattern, { a: { b: 'second' } })).toBe(true);
    expect(matches(pattern, { a: { b: 'first' } })).toBe(false);
  });

  test('with empty names are fields like any other', () => {
    const pattern = compilePattern({ '': { a: ['x'] } });
    expect(matches(pattern, { '': { a: 'x' } })).toBe(true);
    expect(matches(pattern, { a: 'x' })).toBe(false);
  });
});

describe('names that objects inherit', () => {
  const hostile: unknown = JSON.parse('{"__proto__": {"admin": "yes"}, "constructor": {"name": "x"}}');

  test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    '%s is not in an event without it',
    (name) => {
      const present: unknown = JSON.parse(`{"${name}": [{"exists": true}]}`);
      const absent: unknown = JSON.parse(`{"${name}": [{"exists": false}]}`);
      expect(match(present, { a: 1 })).toBe(false);
      expect(match(absent, { a: 1 })).toBe(true);
    },
  );

  test('are fields when the event has them', () => {
    expect(match(JSON.parse('{"__proto__": {"admin": ["yes"]}}'), hostile)).toBe(true);
    expect(match(JSON.parse('{"constructor": {"name": ["x"]}}'), hostile)).toBe(true);
    expect(match(JSON.parse('{"constructor": {"name": ["Object"]}}'), { a: 1 })).toBe(false);
    expect(match({ admin: ['yes'] }, hostile)).toBe(false);
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  test('are no operators', () => {
    expect(() => compilePattern(JSON.parse('{"a": [{"constructor": "x"}]}'))).toThrow(
      'Unrecognized match type constructor',
    );
    expect(() => compilePattern(JSON.parse('{"a": [{"__proto__": "x"}]}'))).toThrow(
      'Unrecognized match type __proto__',
    );
  });
});

describe('a compiled pattern', () => {
  test.each([[null], [undefined], ['text'], [5], [['shop']]])(
    'does not match %j, which is no event',
    (event) => {
      expect(match({ source: ['shop'] }, event)).toBe(false);
    },
  );

  test('does not change when the object it was compiled from does', () => {
    const given = { source: ['shop'], detail: { state: [{ 'anything-but': ['new'] }] } };
    const compiled = compilePattern(given);
    given.source.push('other');
    given.detail.state.length = 0;
    expect(matches(compiled, { source: 'other', detail: { state: 'old' } })).toBe(false);
    expect(matches(compiled, { source: 'shop', detail: { state: 'old' } })).toBe(true);
  });

  test('leaves the event as it is', () => {
    const event = JSON.stringify(order);
    match({ resources: ['arn:b'], detail: { buyer: { name: ['Ann'] } } }, order);
    expect(JSON.stringify(order)).toBe(event);
  });
});
