import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { type JsonResponse, json } from './shared/http.ts';

/*
 * Stands in for the two services that a profile is enriched from: `/posts/{id}` and `/social/{id}`. What it answers
 * follows from the id alone, so that every copy of it agrees.
 */

const TOPICS = ['on calls', 'on waiting', 'on queues', 'on repairs', 'on limits'] as const;

const postsOf = (id: number) =>
  Array.from({ length: 1 + (id % 5) }, (_, index) => ({
    id: `${id}-${index + 1}`,
    userId: String(id),
    title: `Notes ${TOPICS[(id + index) % TOPICS.length]}`,
    publishedAt: new Date(Date.UTC(2026, 0, 1 + ((id * 7 + index) % 300))).toISOString(),
  }));

const friendsOf = (id: number) => ({ userId: String(id), count: (id * 37) % 500 });

async function serve({ rawPath }: { readonly rawPath: string }): Promise<JsonResponse> {
  const [, service, id] = /^\/(posts|social)\/(\d{1,9})$/.exec(rawPath) ?? [];
  if (service === 'posts') return json(200, postsOf(Number(id)));
  if (service === 'social') return json(200, friendsOf(Number(id)));
  return json(404, { message: 'Not Found' });
}

/** The fault that the local run asks a service for. */
interface SwitchedFault {
  readonly kind?: string;
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly retryAfterForm?: string;
}

function unwell({ status = 500, retryAfterSeconds, retryAfterForm }: SwitchedFault): JsonResponse {
  const answer = json(status, { message: 'Internal error' });
  if (retryAfterSeconds === undefined) return answer;
  const retryAfter =
    retryAfterForm === 'date'
      ? new Date(Date.now() + retryAfterSeconds * 1_000).toUTCString()
      : String(retryAfterSeconds);
  return { ...answer, headers: { ...answer.headers, 'retry-after': retryAfter } };
}

const nextPath = (path: string): string => path.replace(/\d+$/, (id) => String(Number(id) + 1));

async function serveWithFaults(event: LambdaFunctionURLEvent): Promise<JsonResponse> {
  const fault = JSON.parse(event.headers['x-fibrin-fault'] ?? '{}') as SwitchedFault;
  switch (fault.kind) {
    case 'error':
      return unwell(fault);
    case 'corrupt':
      // Valid JSON, a success by its status, and nothing that was asked for.
      return json(200, { posts: null, count: 'many' });
    case 'mix-up':
      // As from a cache with a bad key: the right answer to another client's request.
      return serve({ rawPath: nextPath(event.rawPath) });
    default:
      return serve(event);
  }
}

/** With the faults that the local run switches on. A deployed bundle does not contain them. */
export const handler: (event: LambdaFunctionURLEvent) => Promise<JsonResponse> =
  process.env['FIBRIN_FAULT_SWITCHES'] === 'on' ? serveWithFaults : serve;
