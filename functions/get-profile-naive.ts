import { fetchDownstreamNaively } from './shared/downstream.ts';
import { type HttpHandlerEvent, type JsonResponse, json } from './shared/http.ts';
import { newestFirst, type Posts, profileId, userKey } from './shared/profile.ts';
import { tableStore } from './shared/tables.ts';

/*
 * The profile as it is often written first, kept for comparison: one call after the other, no timeout, no retry, no
 * fallback, no validation. It is correct while everything works.
 */

const userTable = tableStore('USERS_TABLE');

export async function handler(event: HttpHandlerEvent): Promise<JsonResponse> {
  const id = profileId(event);
  const { outbox: _, ...user } = (await userTable.get(userKey(id))) ?? {};
  if (!('id' in user)) return json(404, { message: 'Not Found' });
  const posts = newestFirst((await fetchDownstreamNaively(`/posts/${id}`)) as Posts);
  const friends = (await fetchDownstreamNaively(`/social/${id}`)) as { count: number };
  return json(200, { user, posts, friendCount: friends.count, degraded: [] });
}
