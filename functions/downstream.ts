import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { type JsonResponse, json } from './shared/http.ts';

/*
 * Stands in for the two services that a profile is enriched from: `/posts/{id}` and `/social/{id}`. What it answers
 * follows from the id alone, so that every copy of it agrees.
 */

const TOPICS = ['on calls', 'on waiting', 'on queues', 'on mending', 'on limits'] as const;

const postsOf = (id: number) =>
  Array.from({ length: 1 + (id % 5) }, (_, index) => ({
    id: `${id}-${index + 1}`,
    userId: String(id),
    title: `Notes ${TOPICS[(id + index) % TOPICS.length]}`,
    publishedAt: new Date(Date.UTC(2026, 0, 1 + ((id * 7 + index) % 300))).toISOString(),
  }));

const friendsOf = (id: number) => ({ userId: String(id), count: (id * 37) % 500 });

/** The fault that the local run asks this request to show. Compiled to nothing in a bundle that is deployed. */
function switchedFault(event: LambdaFunctionURLEvent): JsonResponse | undefined {
  if (process.env['FIBRIN_FAULT_SWITCHES'] !== 'on') return undefined;
  const header = event.headers['x-fibrin-fault'];
  if (header === undefined) return undefined;
  const fault = JSON.parse(header) as { kind: string; status?: number };
  if (fault.kind === 'error') return json(fault.status ?? 500, { message: 'Internal error' });
  // Valid JSON, a success by its status, and nothing that was asked for.
  if (fault.kind === 'corrupt') return json(200, { posts: null, count: 'many' });
  return undefined;
}

export async function handler(event: LambdaFunctionURLEvent): Promise<JsonResponse> {
  const fault = switchedFault(event);
  if (fault) return fault;
  const [, service, id] = /^\/(posts|social)\/(\d{1,9})$/.exec(event.rawPath) ?? [];
  if (service === 'posts') return json(200, postsOf(Number(id)));
  if (service === 'social') return json(200, friendsOf(Number(id)));
  return json(404, { message: 'Not Found' });
}
