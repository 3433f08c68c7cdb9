/** The body of a response that is not a success. Nothing of it is in a message, and nothing prints it by accident. */
export interface RefusalBody {
  /** At most 16,384 (16 KiB), as they came: a compressed body stays compressed. */
  readonly bytes: Uint8Array;
  /** Whether the service sent more, or meant to: the rest was too long, took longer than 50 ms, or never came. */
  readonly truncated: boolean;
  /** The bytes as UTF-8. */
  text(): string;
  /** The body as JSON, such as the problem details of RFC 9457. Undefined when it is truncated or not JSON. */
  json(): unknown;
}

export function refusalBody(bytes: Uint8Array, truncated: boolean): RefusalBody {
  // Of a character that was cut in the middle nothing is kept.
  const text = () => new TextDecoder().decode(bytes, { stream: truncated });
  return {
    bytes,
    truncated,
    text,
    json() {
      if (truncated) return undefined;
      try {
        return JSON.parse(text());
      } catch {
        return undefined;
      }
    },
  };
}
