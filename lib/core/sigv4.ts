/*
 * AWS Signature Version 4 of a request in its headers.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import type { KeyObject } from 'node:crypto';

/** Of a role. A session token comes with those of a function. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SignableRequest {
  readonly method: string;
  /** As the signature has them: encoded once more than in the URL, the query in order. */
  readonly path: string;
  readonly query: string;
  /** All that are signed, `host` with them. Their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Signs a request.
 * @param now Milliseconds since 1970.
 * @returns its headers, and those of the signature.
 */
export type Sign = (
  request: SignableRequest,
  credentials: SigningCredentials,
  now: number,
) => Record<string, string>;

/** Loaded at the first signature. An `import` would read all that Node's module has, at the start. */
let loaded: typeof import('node:crypto') | undefined;
const crypto = () => (loaded ??= process.getBuiltinModule('node:crypto'));

const sha256 = (text: string): string => crypto().hash('sha256', text, 'hex');
/** As they are signed. Hardly a value has anything to it. */
const trimmed = (value: string): string =>
  /^\s|\s\s|[^\S ]|\s$/.test(value) ? value.trim().replaceAll(/\s+/g, ' ') : value;

/** `20260131T235959Z`. */
const basicTime = (now: number): string => {
  const time = new Date(now).toISOString();
  return `${time.slice(0, 4)}${time.slice(5, 7)}${time.slice(8, 13)}${time.slice(14, 16)}${time.slice(17, 19)}Z`;
};

const hmac = (key: string | Buffer | KeyObject, text: string): Buffer =>
  crypto().createHmac('sha256', key).update(text).digest();

/** The signer of requests to one service. It keeps the key that it derives, which is the same for a day. */
export function signer(region: string, service: string): Sign {
  // An object of Node's: it would make one of bytes for each signature, which takes ten times as long as the HMAC.
  let key: KeyObject | undefined;
  let keyOf = '';
  return ({ method, path, query, headers, body }, credentials, now) => {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const time = basicTime(now);
    const sent: Record<string, string> = { ...headers, 'x-amz-date': time };
    if (sessionToken) sent['x-amz-security-token'] = sessionToken;
    const entries = Object.entries(sent).sort(([one], [other]) => (one < other ? -1 : 1));
    const signed = entries.map(([name]) => name).join(';');
    let lines = '';
    for (const [name, value] of entries) lines += `${name}:${trimmed(value)}\n`;
    const canonical = `${method}\n${path}\n${query}\n${lines}\n${signed}\n${sha256(body)}`;
    const day = time.slice(0, 8);
    const scope = `${day}/${region}/${service}/aws4_request`;
    const of = `${day}${secretAccessKey}`;
    if (key === undefined || keyOf !== of) {
      const derived = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`) as Buffer;
      key = crypto().createSecretKey(derived);
      keyOf = of;
    }
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
    const signature = hmac(key, text).toString('hex');
    const credential = `${accessKeyId}/${scope}`;
    sent['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`;
    return sent;
  };
}
