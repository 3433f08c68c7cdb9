import type { IncomingHttpHeaders } from 'node:http';
import { ValidationError } from '../core/errors.ts';

/** A success, read to its end. */
export interface FetchAnswer {
  /** 200 to 299. */
  readonly status: number;
  /** By lower-case name; what came more than once is joined by commas. Without a prototype. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
  /**
   * The body as JSON.
   * @throws {ValidationError} when it is none: a failure of the service, worth a retry. What came is not told.
   */
  json(): unknown;
}

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
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
    headers: flatten(headers),
    bytes,
    text,
    json() {
      const body = text();
      try {
        return JSON.parse(body);
      } catch {
        // Without its cause: a SyntaxError quotes what it could not read.
        throw new ValidationError(host, ['the body is not JSON']);
      }
    },
  };
}
