import type { Clock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import type { FetchAgents } from './agents.ts';
import { bodyRule, type FetchBody, readBody } from './body.ts';
import { type FetchHeaders, readHeaders } from './headers.ts';
import { kindOf } from './kind.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof METHODS)[number];

/** Those that RFC 9110 calls safe. */
const REPEATABLE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

export interface FetchOptions {
  /** Ends the call in whatever phase it is, the body included. Hand in the signal of the policy. */
  readonly signal: AbortSignal;
  /** GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE, in capitals or not. Default GET. */
  readonly method?: Method | Lowercase<Method>;
  /**
   * An object, a `Headers`, a `Map` or pairs. A number is sent as text; `undefined`, `null` and line breaks are refused.
   * Default: none but `accept-encoding: identity`, which cannot be changed, and what HTTP itself needs.
   */
  readonly headers?: FetchHeaders;
  /**
   * Text (sent as UTF-8), an `ArrayBuffer`, a typed array, a `Buffer`, or `URLSearchParams`, which brings its
   * `content-type`. Default: none.
   */
  readonly body?: FetchBody;
  /** The longest body of a response. Bytes, 1 to 268,435,456 (256 MiB). Default 1,048,576 (1 MiB). */
  readonly maxBytes?: number;
  /**
   * Whether the request may be sent a second time when its connection turns out to have been closed while it was idle, for
   * example while the execution environment was frozen, and the service may have received it. Default: true for GET, HEAD
   * and OPTIONS, false for the others.
   */
  readonly idempotent?: boolean;
  /** Agents of your own. Default: two that the whole process uses. */
  readonly agents?: FetchAgents;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

const method = (): rule.OptionRule => {
  const known = rule.oneOf(...METHODS);
  return (value) => known(typeof value === 'string' ? value.toUpperCase() : value);
};

const signal = (): rule.OptionRule =>
  rule.unless(
    (value) => typeof (value as Partial<AbortSignal> | null | undefined)?.throwIfAborted === 'function',
    'an AbortSignal: that of the policy, `controller.signal` or AbortSignal.timeout(ms)',
  );

const agent = (): rule.OptionRule =>
  rule.unless(
    (value) => typeof (value as { addRequest?: unknown } | null | undefined)?.addRequest === 'function',
    'an Agent of node:http or node:https',
  );

function checkFetchOptions(options: FetchOptions): void {
  // Called as `fetch` is, without options, it names what is missing.
  checkOptions('boundedFetch', options ?? {}, {
    required: { signal: signal() },
    optional: {
      method: method(),
      // Checked where they are read.
      headers: rule.defined(),
      body: bodyRule(),
      maxBytes: rule.integer(1, 268_435_456),
      idempotent: rule.boolean(),
      agents: rule.object(),
      clock: rule.object(),
    },
  });
  checkOptions('boundedFetch.agents', options.agents ?? {}, { optional: { http: agent(), https: agent() } });
}

/** The request as it is sent. */
export interface FetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly repeatable: boolean;
}

/** @throws {InvalidOptionError} for what cannot be sent as it is meant. */
export function readRequest(options: FetchOptions): FetchRequest {
  checkFetchOptions(options);
  const { headers = {}, method: anyCase = 'GET' } = options;
  const method = anyCase.toUpperCase();
  const { idempotent: repeatable = REPEATABLE.includes(method) } = options;
  const { body, contentType } = readBody(options.body);
  const sent = readHeaders(headers);
  if (contentType !== undefined) sent['content-type'] ??= contentType;
  sent['accept-encoding'] = 'identity';
  // Node does not announce the length for each method.
  if (body !== undefined) sent['content-length'] = String(Buffer.byteLength(body));
  return { method, headers: sent, body, repeatable };
}

/** The URL to call. Errors do not quote it. */
export function readUrl(given: string | URL): URL {
  const url = typeof given === 'string' || kindOf(given) === 'URL' ? URL.parse(String(given)) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidOptionError(
      'boundedFetch: expected an absolute URL of http: or https:, a string or a URL',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidOptionError('boundedFetch: expected a URL without credentials; use a header');
  }
  return url;
}
