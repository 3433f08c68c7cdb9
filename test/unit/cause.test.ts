import { describe, expect, test } from 'vitest';
import { causeOf } from '../../lib/core/cause.ts';
import { AttemptTimeoutError, FibrinError } from '../../lib/core/errors.ts';
import { hostileErrors } from '../support/hostile-errors.ts';
import { unreadableErrors } from '../support/unreadable-errors.ts';

const SECRET = 'hunter2 is the password';
const failed = (fields: object) => Object.assign(new Error(SECRET), fields);

describe('the cause of a failure', () => {
  test.each<[string, unknown]>([
    ['status 503', failed({ status: 503 })],
    ['ECONNREFUSED', failed({ code: 'ECONNREFUSED' })],
    [
      'ThrottlingException status 400',
      failed({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }),
    ],
    ['TypeError UND_ERR_SOCKET', new TypeError(SECRET, { cause: failed({ code: 'UND_ERR_SOCKET' }) })],
    ['AttemptTimeoutError ATTEMPT_TIMEOUT', new AttemptTimeoutError('posts', 500)],
    ['FibrinError DOWN', new FibrinError('DOWN', SECRET, { status: 503 })],
    // Each word once, and no more than two.
    ['ECONNRESET', failed({ name: 'ECONNRESET', code: 'ECONNRESET' })],
    ['AggregateError A', Object.assign(new AggregateError([failed({ code: 'B' })], SECRET), { code: 'A' })],
  ])('is %s: its name, code and status', (cause, error) => {
    expect(causeOf(error)).toBe(cause);
  });

  test.each<[string, unknown]>([
    ['a plain error', new Error(SECRET)],
    ['a text', SECRET],
    ['nothing', undefined],
    ['null', null],
    ['a name that is a sentence', failed({ name: SECRET, code: 'a b' })],
    ['a name with a control character', failed({ name: 'Error\u001b[2J' })],
    ['a name of 41 characters', failed({ name: 'x'.repeat(41) })],
    ['a code that is a number', failed({ code: 42 })],
  ])('is empty where there is no word to show: %s', (_, error) => {
    expect(causeOf(error)).toBe('');
  });

  test('is at most 92 characters, which an item can hold', () => {
    const long = failed({ name: 'n'.repeat(40), code: 'c'.repeat(40), status: 503 });

    expect(causeOf(long)).toBe(`${'n'.repeat(40)} ${'c'.repeat(40)} status 503`);
  });

  test.each([...hostileErrors(), ...unreadableErrors().map(([name, make]) => [name, make()] as const)])(
    'is text of words, whatever is thrown: %s',
    (_, error) => {
      expect(causeOf(error)).toMatch(/^(\w{1,40})?( \w{1,40})*$/);
      expect(causeOf(error)).not.toContain('hunter2');
    },
  );
});
