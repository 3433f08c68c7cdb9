import type { IncomingHttpHeaders } from 'node:http';
import { ValidationError } from '../core/errors.ts';

/** A successful response, read to its end. */
export interface FetchAnswer {
  /** 200 to 299. */
  readonly status: number;
  /** By lower-case name, repeated headers joined by commas. The object has no prototype. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
  /**
   * The body as JSON.
   * @throws {ValidationError} when it is not JSON: a failure of the service, worth a retry. The error does not quote it.
   */
  json(): unknown;
}

export function flatHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) flat[name] = String(value);
  return flat;
}

export function makeAnswer(
  host: string,
  status: number,
  headers: IncomingHttpHeaders,
  bytes: Uint8Array,
): FetchAnswer {
  const text = () => new TextDecoder().decode(bytes);
  return {
    status,
    headers: flatHeaders(headers),
    bytes,
    text,
    json() {
      const body = text();
      try {
        return JSON.parse(body);
      } catch {
        // Without its cause: a SyntaxError quotes what it could not parse.
        throw new ValidationError(host, ['the body is not JSON']);
      }
    },
  };
}
