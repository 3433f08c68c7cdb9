import { createHash, createHmac } from 'node:crypto';

/** Of a role. A session token comes with those of a function. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

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
  readonly credentials: Credentials;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** As RFC 3986 has it: `encodeURIComponent` leaves five characters too many. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The headers of a request with its signature. A few lines instead of the SDK: what is deployed is then the same whatever SDK the
 * runtime has, and runs where there is none.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(
  { method, url, headers, body }: UnsignedRequest,
  { region, service, credentials, now }: Signing,
): Record<string, string> {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const sent: Record<string, string> = {
    ...headers,
    'x-amz-date': time,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  };
  const named = Object.entries({ ...sent, host: url.host }).sort(([one], [other]) => (one < other ? -1 : 1));
  const names = named.map(([name]) => name).join(';');
  const canonical = [
    method,
    // Once more, since it is encoded already: only S3 takes a path as it is.
    url.pathname.split('/').map(escaped).join('/'),
    [...url.searchParams]
      .map((pair) => pair.map(escaped).join('='))
      .sort()
      .join('&'),
    ...named.map(([name, value]) => `${name}:${value.trim()}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n'))
    .digest('hex');
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${names}, Signature=${signature}`,
  };
}
