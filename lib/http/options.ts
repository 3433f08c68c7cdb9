import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import type { FetchAgents } from './agents.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export interface FetchOptions {
  /** Cuts the call at whatever it is doing, the body included. Hand in that of the policy. */
  readonly signal: AbortSignal;
  /** GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE. Default GET. */
  readonly method?: (typeof METHODS)[number];
  /** Default: none but `accept-encoding: identity`, which cannot be changed, and what HTTP itself needs. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly body?: string | Uint8Array;
  /** The longest body of an answer. Bytes, 1 to 268,435,456 (256 MiB). Default 1,048,576 (1 MiB). */
  readonly maxBytes?: number;
  /**
   * Whether the request may be sent a second time when the connection turns out to have been closed while it was idle, as
   * happens to a frozen sandbox. Default: true for GET, HEAD and OPTIONS, false for the others.
   */
  readonly idempotent?: boolean;
  /** Agents of your own. Default: two that the whole process shares. */
  readonly agents?: FetchAgents;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

export function checkFetchOptions(options: FetchOptions): FetchOptions {
  checkOptions('resilientFetch', options, {
    required: { signal: rule.object() },
    optional: {
      method: rule.oneOf(...METHODS),
      headers: rule.object(),
      body: rule.secret(0),
      maxBytes: rule.integer(1, 268_435_456),
      idempotent: rule.boolean(),
      agents: rule.object(),
      clock: rule.object(),
    },
  });
  checkOptions('resilientFetch.agents', options.agents ?? {}, {
    optional: { http: rule.object(), https: rule.object() },
  });
  return options;
}

/** The URL to call. What is wrong with one is told without showing it. */
export function checkUrl(given: string | URL): URL {
  const url = URL.parse(String(given));
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidOptionError('resilientFetch: expected an absolute URL of http: or https:');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidOptionError('resilientFetch: expected a URL without credentials; use a header');
  }
  return url;
}

/** What says how long a body is. Two of them that disagree are how one request is smuggled inside another. */
const FRAMING: readonly string[] = ['content-length', 'transfer-encoding'];

/** The headers to send, by lower-case name. The length is ours to tell, since Node does not for each method. */
export function headersOf({ headers = {}, body }: FetchOptions): Record<string, string> {
  const sent: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) sent[name.toLowerCase()] = value;
  const framing = FRAMING.find((name) => name in sent);
  if (framing !== undefined) {
    throw new InvalidOptionError(
      `resilientFetch: expected \`headers\` without ${framing}; it follows from the body`,
    );
  }
  sent['accept-encoding'] = 'identity';
  if (body !== undefined) sent['content-length'] = String(Buffer.byteLength(body));
  return sent;
}
