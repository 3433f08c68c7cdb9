import { FibrinError } from '../../lib/core/errors.ts';

const fail = (): never => {
  throw new Error('not to be read');
};

const throwing = <E extends Error>(error: E, ...names: readonly string[]): E => {
  for (const name of names) Object.defineProperty(error, name, { get: fail });
  return error;
};

const HANDLER: ProxyHandler<Error> = { get: fail, has: fail, getPrototypeOf: fail, ownKeys: fail };

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error('x'), {});
  revoke();
  return proxy;
}

const unavailable = () => new FibrinError('DOWN', 'it is down', { status: 503 });

/** What can be thrown and does not let itself be read: each with what it is, and a function that makes one. */
export const unreadableErrors = (): readonly (readonly [string, () => unknown])[] => [
  [
    'an error whose name, message and code are objects',
    () => Object.assign(new Error('x'), { name: {}, message: {}, code: {} }),
  ],
  ['an error whose name is a symbol', () => Object.assign(new Error('x'), { name: Symbol('x'), code: 1n })],
  [
    'an error whose name has a toString that throws',
    () => Object.assign(new Error('x'), { name: { toString: fail }, message: Object.create(null) }),
  ],
  [
    'an error whose name, message, code, stack and cause throw',
    () => throwing(new Error('x'), 'name', 'message', 'code', 'stack', 'cause'),
  ],
  [
    'a FibrinError whose name, message and code throw',
    () => throwing(unavailable(), 'name', 'message', 'code', 'stack'),
  ],
  ['a FibrinError whose status throws', () => throwing(unavailable(), 'status')],
  ['a proxy that throws', () => new Proxy(new Error('x'), HANDLER)],
  ['a revoked proxy', revoked],
  ['an error whose cause is a revoked proxy', () => new Error('x', { cause: revoked() })],
  ['an error whose cause throws', () => new Error('x', { cause: throwing(new Error('y'), 'cause', 'name') })],
  ['an object without a prototype', () => Object.assign(Object.create(null), { name: {}, stack: 7 })],
  ['a symbol', () => Symbol('x')],
];
