import { fieldOf } from './field.ts';
import { isObject } from './property.ts';

interface Headers {
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, unknown>> | null;
}

/** Whether what sent an event reads `multiValueHeaders` of the answer only: a load balancer that sends them. */
export const readsManyValues = (event: unknown): boolean =>
  isObject(fieldOf(event, ['multiValueHeaders'])) && isObject(fieldOf(event, ['requestContext', 'elb']));

/** An answer with its headers and further ones, in the format that the event asks for. */
export function withHeaders<A extends Headers>(
  event: unknown,
  answer: A,
  headers: Readonly<Record<string, string>> = {},
): A {
  if (!readsManyValues(event)) return { ...answer, headers: { ...answer.headers, ...headers } };
  const lists = Object.entries({ ...answer.headers, ...headers }).map(([name, value]) => [name, [value]]);
  return { ...answer, multiValueHeaders: { ...Object.fromEntries(lists), ...answer.multiValueHeaders } };
}
