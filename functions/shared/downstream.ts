import { boundedFetch, deadlineHeaders } from 'fibrin';
import { correlationHeaders } from 'fibrin/telemetry';
import { choiceSetting, urlSetting } from './settings.ts';
import { signerFor } from './signer.ts';

/** For the URL of a function only: elsewhere a session token would be given away. */
const signer = choiceSetting('DOWNSTREAM_AUTH', ['iam', 'none']) === 'iam' ? signerFor('lambda') : undefined;

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
