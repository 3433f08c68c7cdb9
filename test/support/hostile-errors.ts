const throws = (): never => {
  throw new Error('This property cannot be read');
};

/** A Proxy that throws whatever is asked of it. */
const trap = (target: object = {}) =>
  new Proxy(target, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws });

/** Things that can be thrown and that throw themselves when they are read, each with its name. */
export function hostileErrors(): readonly (readonly [string, unknown])[] {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const withName = (name: unknown) => Object.defineProperty(new Error('x'), 'name', { value: name });
  const withGetter = (key: string) => Object.defineProperty(new Error('x'), key, { get: throws });
  return [
    ['a Proxy that throws', trap()],
    ['a Proxy that was revoked', revoked.proxy],
    ['an object for a name', withName({ toString: throws })],
    ['a symbol for a name', withName(Symbol('x'))],
    ['an object for a code', Object.assign(new Error('x'), { code: { toString: throws } })],
    ['a symbol for a status', Object.assign(new Error('x'), { status: Symbol('x') })],
    ['a response that throws', Object.assign(new Error('x'), { response: trap(), $response: trap() })],
    ['headers that throw', Object.assign(new Error('x'), { headers: trap(), response: { headers: trap() } })],
    ['a cause that throws', new Error('x', { cause: trap() })],
    ['errors that throw', Object.assign(new AggregateError([]), { errors: trap([]) })],
    ['errors that are none', Object.assign(new AggregateError([]), { errors: 7 })],
    ...[
      'name',
      'code',
      'message',
      'status',
      'cause',
      'response',
      'headers',
      'retryAfterMs',
      '$retryable',
    ].map((key) => [`a getter of ${key} that throws`, withGetter(key)] as const),
  ];
}
