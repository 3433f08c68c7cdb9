import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { errorCode } from '../../lib/telemetry/error-code.ts';
import { secret } from '../support/policy-events.ts';

const fetched = new TypeError('fetch failed', { cause: secret });
const named = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
const fail = () => {
  throw new Error('hunter2');
};
const withGetter = (member: string, base: object = new Error('x')) =>
  Object.defineProperty(base, member, { get: fail });

describe('errorCode', () => {
  it.each<[string, unknown, string]>([
    ['the code of an error', secret, 'ECONNREFUSED'],
    ['the code of a cause before the name of the error', fetched, 'ECONNREFUSED'],
    ['the name of an error without a code', named, 'ThrottlingException'],
    [
      'the name where the code is text for people',
      Object.assign(new TypeError('x'), { code: 'a b' }),
      'TypeError',
    ],
    ['the name where the code is a number', new DOMException('late', 'TimeoutError'), 'TimeoutError'],
    ['UNKNOWN for an error without a code or a name of its own', new Error('hunter2'), 'UNKNOWN'],
    [
      'the code where the name is an object',
      Object.assign(new Error('x'), { name: {}, code: 'EPIPE' }),
      'EPIPE',
    ],
    ['the code where the name throws', Object.assign(withGetter('name'), { code: 'EPIPE' }), 'EPIPE'],
    ['the code where the cause throws', Object.assign(withGetter('cause'), { code: 'EPIPE' }), 'EPIPE'],
    ['the name where the code throws', withGetter('code', new RangeError('x')), 'RangeError'],
    ['the code of an error behind a proxy', new Proxy(secret, {}), 'ECONNREFUSED'],
    ['the name of an error of another realm', runInNewContext("new TypeError('x')"), 'TypeError'],
    [
      'the code of an error of another realm',
      runInNewContext("Object.assign(new Error('x'), { code: 'EPIPE' })"),
      'EPIPE',
    ],
    ['the code of an object in the shape of an error', { name: 'E', message: 'x', code: 'EPIPE' }, 'EPIPE'],
  ])('gives %s', (_, error, code) => {
    expect(errorCode(error)).toBe(code);
  });

  it.each<[string, unknown]>([
    ['a string', 'hunter2'],
    ['undefined', undefined],
    ['null', null],
    ['a symbol', Symbol('hunter2')],
    ['an object without a message', { name: 'TypeError' }],
    ['a function', Object.assign(() => undefined, { message: 'x', code: 'EPIPE' })],
    ['a name that is an object', Object.assign(new Error('x'), { name: { toString: fail } })],
    ['a name that is a symbol', Object.assign(new Error('x'), { name: Symbol('hunter2') })],
    ['a code that is an object', Object.assign(new Error('x'), { code: { toString: fail } })],
    ['a code that is a symbol', Object.assign(new Error('x'), { code: Symbol('hunter2') })],
    ['a name that throws', withGetter('name')],
    ['a message that throws', withGetter('message', { name: 'TypeError' })],
    ['a proxy that throws at everything', new Proxy({}, { get: fail, has: fail, getPrototypeOf: fail })],
    ['an error behind a revoked proxy', revoked(new TypeError('x'))],
  ])('gives UNKNOWN, and does not throw, for %s', (_, error) => {
    expect(errorCode(error)).toBe('UNKNOWN');
  });
});

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
