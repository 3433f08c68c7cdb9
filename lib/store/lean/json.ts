/*
 * DynamoDB's JSON: the store's items as they are, and bytes as base64 text, which only the writes of others have.
 */

/** What `JSON.stringify` shows of a Buffer is not what it is: `this` has it. */
function toBase64(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const given = this[key];
  if (!ArrayBuffer.isView(given)) return value;
  return Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString('base64');
}

export const toJson = (input: object): string => JSON.stringify(input, toBase64);

const fromBase64 = (text: unknown): unknown =>
  typeof text === 'string' ? Uint8Array.from(Buffer.from(text, 'base64')) : text;

/** The same answer with bytes for base64. An attribute's own name is no type: its value is an object. */
export const reviveBinary = (text: string): { readonly CancellationReasons: unknown } =>
  JSON.parse(text, (key, value: unknown) => {
    if (key === 'B') return fromBase64(value);
    return key === 'BS' && Array.isArray(value) ? value.map(fromBase64) : value;
  });
