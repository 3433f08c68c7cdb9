import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { boundedFetch, deadlineHeaders } from 'fibrin';
import { correlationHeaders } from 'fibrin/telemetry';
import { choiceSetting, credentialSettings, setting, urlSetting } from './settings.ts';

/** SHA-256 in the shape that the signer wants: a hash, or an HMAC when there is a secret. */
class Sha256 {
  readonly #secret: string | NodeJS.ArrayBufferView | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret =
      secret instanceof ArrayBuffer
        ? new Uint8Array(secret)
        : (secret as string | NodeJS.ArrayBufferView | undefined);
    this.#hash = this.#fresh();
  }
  #fresh() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    this.#hash = this.#fresh();
  }
}

const makeSigner = (): SignatureV4 =>
  new SignatureV4({
    service: 'lambda',
    region: setting('AWS_REGION'),
    credentials: credentialSettings(),
    sha256: Sha256,
  });

/** For the URL of a function only: elsewhere a session token would be given away. */
const signer = choiceSetting('DOWNSTREAM_AUTH', ['iam', 'none']) === 'iam' ? makeSigner() : undefined;

/** Without the slash at its end. It may have a path, which a relative URL that begins with "/" would replace. */
const { origin, pathname } = urlSetting('DOWNSTREAM_URL');
const BASE = `${origin}${pathname.replace(/\/$/, '')}`;

/** No answer of the two services is longer. */
const MAX_BYTES = 100_000;

const ACCEPTED = { accept: 'application/json' };

/** A request to the downstream services: signed for a function's URL, which admits no others. */
async function requestTo(path: string): Promise<{ url: URL; headers: Record<string, string> }> {
  const url = new URL(`${BASE}${path}`);
  if (signer === undefined) return { url, headers: ACCEPTED };
  const { headers } = await signer.sign({
    method: 'GET',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: {},
    headers: { host: url.host, ...ACCEPTED },
  });
  return { url, headers };
}

/** Reads JSON from the downstream services. */
export async function fetchDownstream(path: string, signal: AbortSignal): Promise<unknown> {
  const { url, headers } = await requestTo(path);
  const sent = { ...headers, ...correlationHeaders(), ...deadlineHeaders() };
  const answer = await boundedFetch(url, { signal, headers: sent, maxBytes: MAX_BYTES });
  return answer.json();
}

/** The same as most of us would first write it. */
export async function fetchDownstreamNaively(path: string): Promise<unknown> {
  const { url, headers } = await requestTo(path);
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}
