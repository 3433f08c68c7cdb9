import { type SigningCredentials, signer } from '#core/sigv4';

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  /** Their names in small letters, `host` left out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Signing {
  readonly region: string;
  readonly service: string;
  readonly credentials: SigningCredentials;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** As RFC 3986 has it: `encodeURIComponent` leaves five characters too many. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The headers of a request with its signature, without the SDK: what is deployed is then the same whatever SDK the runtime has, and
 * runs where there is none.
 */
export function signedHeaders(
  { method, url, headers, body }: UnsignedRequest,
  { region, service, credentials, now }: Signing,
): Record<string, string> {
  // Once more, since it is encoded already: only S3 takes a path as it is.
  const path = url.pathname.split('/').map(escaped).join('/');
  const query = [...url.searchParams]
    .map((pair) => pair.map(escaped).join('='))
    .sort()
    .join('&');
  const signable = { method, path, query, headers: { ...headers, host: url.host }, body };
  const { host: _, ...sent } = signer(region, service)(signable, credentials, now);
  return sent;
}
