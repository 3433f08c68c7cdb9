import type { Outcome } from './outcome.ts';
import type { Event } from './subject.ts';

/** A request as an HTTP API sends it, in format 2.0. */
export const requestV2 = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
  method = 'POST',
): Event => ({
  version: '2.0',
  rawPath: path,
  headers: { 'content-type': 'application/json', ...headers },
  requestContext: { http: { method, path } },
  ...(body !== undefined && { body }),
  isBase64Encoded: false,
});

/** The same as a REST API sends it, in format 1.0. Each header once, or all of its values. */
export function requestV1(
  path: string,
  headers: Readonly<Record<string, string | readonly string[]>>,
  body: string | null = null,
): Event {
  const all = Object.entries({ 'Content-Type': 'application/json', ...headers });
  return {
    httpMethod: 'POST',
    path,
    // The last value of each, as API Gateway does.
    headers: Object.fromEntries(all.map(([name, value]) => [name, [value].flat().at(-1)])),
    multiValueHeaders: Object.fromEntries(all.map(([name, value]) => [name, [value].flat()])),
    requestContext: { httpMethod: 'POST', path },
    body,
    isBase64Encoded: false,
  };
}

export interface Answer {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly unknown[]>>;
  readonly cookies?: readonly string[];
  readonly body?: string;
}

/** The answer of a call. Empty where there is none. */
export const answerOf = (outcome: Outcome): Answer =>
  outcome.kind === 'value' ? ((outcome.value ?? {}) as Answer) : {};

/** The status that the caller of an API gets: 500 for a handler that throws. */
export const statusOf = (outcome: Outcome): number =>
  outcome.kind === 'value' ? (answerOf(outcome).statusCode ?? 200) : 500;
