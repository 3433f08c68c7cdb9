import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { errorChain } from '../../lib/core/error-chain.ts';
import { propertyOf, textOf } from '../../lib/core/property.ts';
import { hostileErrors } from '../support/hostile-errors.ts';

const chainOf = (length: number): Error =>
  length === 1 ? new Error('1') : new Error(`${length}`, { cause: chainOf(length - 1) });

describe('the chain of an error', () => {
  test('is the error and what caused it, the error first', () => {
    expect(errorChain(chainOf(3)).map((link) => (link as Error).message)).toEqual(['3', '2', '1']);
  });

  test('has five causes at most', () => {
    expect(errorChain(chainOf(6))).toHaveLength(6);
    expect(errorChain(chainOf(50))).toHaveLength(6);
  });

  test('holds each error once, also where they are in a circle', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;

    expect(errorChain(first)).toEqual([first, second]);
    expect(errorChain(second)).toEqual([second, first]);
  });

  test('leads through errors of other realms and plain objects', () => {
    const foreign: unknown = runInNewContext(
      "new Error('outer', { cause: { message: 'plain', cause: 'text' } })",
    );

    expect(errorChain(foreign).slice(1)).toEqual([{ message: 'plain', cause: 'text' }, 'text']);
  });

  test('holds the errors of an AggregateError, and what caused each of them', () => {
    const errors = [new Error('a', { cause: 'of a' }), new Error('b')];

    const aggregate = new AggregateError(errors, 'all failed', { cause: 'of all' });

    expect(errorChain(aggregate)).toEqual([aggregate, 'of all', ...errors, 'of a']);
  });

  test('holds six of them at most, however many an AggregateError has', () => {
    expect(errorChain(new AggregateError(Array.from({ length: 50 }, (_, at) => at)))).toHaveLength(6);
  });

  test('does not hold `errors` of another kind of error, as validators have them', () => {
    const invalid = Object.assign(new Error('invalid'), { errors: [{ code: 'invalid_type' }] });

    expect(errorChain(invalid)).toEqual([invalid]);
  });

  test('holds a cause that is null or false, and none that is undefined', () => {
    expect(errorChain({ cause: null })).toEqual([{ cause: null }, null]);
    expect(errorChain({ cause: false })).toEqual([{ cause: false }, false]);
    expect(errorChain({ cause: undefined })).toHaveLength(1);
  });

  test.each([undefined, null, 'text', 7])('of %s is only that', (thrown) => {
    expect(errorChain(thrown)).toEqual([thrown]);
  });

  test.each(hostileErrors())('begins with what was thrown, whatever it is: %s', (_, error) => {
    expect(errorChain(error)[0] === error).toBe(true);
  });
});

describe('a property of what was thrown', () => {
  test('is read where there is one', () => {
    expect(propertyOf(new Error('x'), 'message')).toBe('x');
    expect(propertyOf('text', 'length')).toBe(4);
  });

  test.each([undefined, null, 7, {}])('is undefined in %s', (value) => {
    expect(propertyOf(value, 'name')).toBeUndefined();
  });

  test.each(hostileErrors())('is never an error of its own: %s', (_, error) => {
    expect(typeof textOf(error, 'name')).toBe('string');
    expect(typeof textOf(error, 'code')).toBe('string');
    expect(() => propertyOf(error, 'cause')).not.toThrow();
  });

  test('is an empty text where it is no text', () => {
    expect(textOf({ name: { toString: () => 'Error' } }, 'name')).toBe('');
    expect(textOf({ code: 7 }, 'code')).toBe('');
    expect(textOf({ code: 'E' }, 'code')).toBe('E');
  });
});
