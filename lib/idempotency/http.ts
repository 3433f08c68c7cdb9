import { IdempotencyKeyError } from './errors.ts';

/** What an HTTP event of API Gateway or a function URL brings, as far as the key needs it. */
export interface HttpEvent {
  /** A REST API sends null for a request without any. */
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
}

/**
 * Takes the key from a request header, whatever the case of its name. A quoted string, as the IETF draft writes it, and
 * a bare one are the same key.
 * @throws {IdempotencyKeyError} (400) when it is missing, empty, over 255 characters or not printable ASCII.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function header(name: string): (event: HttpEvent) => string {
  const wanted = name.toLowerCase();
  return ({ headers }) => {
    const entry = Object.entries(headers ?? {}).find(([candidate]) => candidate.toLowerCase() === wanted);
    const value = entry?.[1]?.trim() ?? '';
    const key = /^"(.*)"$/.exec(value)?.[1] ?? value;
    if (key === '') throw new IdempotencyKeyError(`The ${name} header is required`);
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw new IdempotencyKeyError(
        `The ${name} header must be 1 to 255 printable ASCII characters without spaces`,
      );
    }
    return key;
  };
}
