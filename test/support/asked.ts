import { expect } from 'vitest';
import { callDynamoDb } from '../../lib/local/dynamodb/client.ts';
import { type Api, type Profile, profileOf } from './api.ts';

/** A profile is answered within 1,200 ms; the rest is for a busy machine. */
export const DEADLINE_MS = 1_200 + 1_500;

/** What came of asking for a profile. */
export interface Asked {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: Profile & { readonly code?: string };
  readonly durationMs: number;
}

export async function askFor(api: Api, id: number): Promise<Asked> {
  const startedAt = performance.now();
  const response = await api.get(`/api/profiles/${id}`);
  const body = await profileOf<Asked['body']>(response);
  const durationMs = performance.now() - startedAt;
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body, durationMs };
}

/** Of the profiles that a local run starts with. */
const LAST_ID = 1_000;

/**
 * Gives one profile after the other that was not asked for yet: no cache holds a part of it, so that a request reaches all that it is
 * made of, and the faults there.
 * @param ranges The first and the last of those that the caller has for itself.
 * @throws when they are used up.
 */
export function unasked(...ranges: readonly (readonly [first: number, last: number])[]): () => number {
  const ids = (ranges.length > 0 ? ranges : [[2, LAST_ID] as const]).flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, n) => first + n),
  );
  return () => {
    const id = ids.shift();
    if (id === undefined) throw new Error('expected fewer requests: every profile was asked for');
    return id;
  };
}

/** Asks until a profile comes with all of its parts: on a busy machine the first of a cold sandbox may not. */
export async function warmUp(api: Api): Promise<void> {
  for (let tries = 0; tries < 10; tries++) if ((await askFor(api, 1)).body.degraded?.length === 0) return;
  throw new Error('expected a whole profile out of ten');
}

/** What comes to a target while something is done, and what came of that. */
export async function during<T>(api: Api, target: string, work: () => Promise<T>) {
  const before = await api.traffic(target);
  const result = await work();
  const { requests, faulted } = await api.traffic(target);
  return { result, requests: requests - before.requests, faulted: faulted - before.faulted };
}

export async function inTurn<T>(count: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let n = 0; n < count; n++) results.push(await work(n));
  return results;
}

/** The sandboxes of the function that profiles are asked of. */
export const sandboxesOf = async (api: Api) =>
  (await api.state()).functions.find(({ name }) => name === 'GetProfile')?.sandboxes ?? [];

export async function itemsOf(api: Api, logicalName: string) {
  const { tables, endpoints } = await api.state();
  const endpoint = endpoints['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
  const TableName = tables.find(({ logicalId }) => logicalId.startsWith(logicalName))?.name;
  const { Items } = await callDynamoDb(endpoint, 'Scan', { TableName });
  return { endpoint, TableName, items: Items as readonly { readonly pk: unknown }[] };
}

/** Ends what has learnt anything: the environments, and what breakers and caches keep in tables. */
export async function forgetAll(api: Api): Promise<void> {
  for (const { pid } of await sandboxesOf(api))
    await api.get(`/_fibrin/sandboxes/${pid}`, { method: 'DELETE' });
  for (const table of ['Resilience', 'Cache']) {
    const { endpoint, TableName, items } = await itemsOf(api, table);
    for (const { pk } of items) await callDynamoDb(endpoint, 'DeleteItem', { TableName, Key: { pk } });
  }
  await warmUp(api);
}

export function expectWithoutPosts({ status, body, durationMs }: Asked): void {
  expect(status).toBe(200);
  expect(body).toMatchObject({
    posts: [],
    degraded: ['posts'],
    sources: { user: 'live', posts: 'fallback', friendCount: 'live' },
  });
  expect(durationMs).toBeLessThan(DEADLINE_MS);
}

/** Asks for a profile until it is there with all of its parts, and so in all caches. */
export async function keepInCaches(api: Api, id: number): Promise<number> {
  await expect.poll(async () => (await askFor(api, id)).body.degraded).toEqual([]);
  return id;
}
