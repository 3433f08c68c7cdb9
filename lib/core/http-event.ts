import { fieldOf } from './field.ts';
import { isObject } from './property.ts';

/** The headers of a request of API Gateway (v1, v2), a function URL or a load balancer. */
export interface HeaderEvent {
  /** A REST API sends null for a request without any. */
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  /** REST APIs have them all here, where a header may come more than once, and load balancers that are set so have them nowhere else. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
}

/**
 * The different values that a header has, whatever the case of its name, which may be there in several. None where it is not.
 */
export function headerValues({ headers, multiValueHeaders }: HeaderEvent, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  const isWanted = ([candidate]: [string, unknown]) => candidate.toLowerCase() === wanted;
  const valuesIn = (all: object | null | undefined): readonly unknown[] =>
    Object.entries(all ?? {})
      .filter(isWanted)
      .flatMap(([, values]) => values as unknown)
      .filter((value) => typeof value === 'string');
  const values = valuesIn(multiValueHeaders);
  return [...new Set(values.length > 0 ? values : valuesIn(headers))] as string[];
}

/**
 * What the context of a request has, each in one kind of event: of REST APIs, of HTTP APIs and function URLs, of WebSocket APIs, of load
 * balancers, of VPC Lattice.
 */
const REQUEST_SIGNS = ['httpMethod', 'http', 'connectionId', 'elb', 'serviceNetworkArn'] as const;

/**
 * Whether an event is a request that is answered with a status: of API Gateway (v1, v2, WebSocket), a function URL, a load balancer or VPC
 * Lattice. An authorizer gets a request too, and answers with a policy.
 */
export function isHttpEvent(event: unknown): boolean {
  if (fieldOf(event, ['type']) === 'REQUEST') return false;
  // Of VPC Lattice in its first form, without a context.
  if (typeof fieldOf(event, ['raw_path']) === 'string') return true;
  const context = fieldOf(event, ['requestContext']);
  if (!isObject(context)) return false;
  const isMethod = typeof fieldOf(event, ['httpMethod']) === 'string';
  return isMethod || REQUEST_SIGNS.some((sign) => fieldOf(context, [sign]) !== undefined);
}

/** The path without the stage, which HTTP APIs put before it. */
export function pathOf(event: unknown): unknown {
  const rawPath = fieldOf(event, ['rawPath']);
  if (typeof rawPath !== 'string') return fieldOf(event, ['path']);
  const stage = `/${String(fieldOf(event, ['requestContext', 'stage']))}`;
  return rawPath.startsWith(`${stage}/`) ? rawPath.slice(stage.length) : rawPath;
}

export const methodOf = (event: unknown): unknown =>
  fieldOf(event, ['requestContext', 'http', 'method']) ?? fieldOf(event, ['httpMethod']);
