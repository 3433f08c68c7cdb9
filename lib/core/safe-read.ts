/** Reads something of a foreign value. Undefined where that throws, as a getter, a proxy and a null prototype can. */
export function safeRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
