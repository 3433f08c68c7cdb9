import middy from '@middy/core';
import { bulkhead, hedge, resilient } from 'fibrin';
import { sharedBreaker } from 'fibrin/breaker';
import { correlation, deadline, problemDetails, telemetry, warmup } from 'fibrin/middleware';
import { friendsCache, postsCache, userCache } from './shared/caches.ts';
import { fetchDownstream } from './shared/downstream.ts';
import { type HttpHandlerEvent, type JsonResponse, json } from './shared/http.ts';
import { cacheable } from './shared/http-caching.ts';
import { logServerError } from './shared/log.ts';
import {
  degradedParts,
  Friends,
  isAbout,
  MaybeUser,
  newestFirst,
  noSuchProfile,
  Posts,
  profileId,
  sourcesHeader,
  userKey,
  userUnavailable,
} from './shared/profile.ts';
import { profileMetrics } from './shared/profile-metrics.ts';
import { resilienceStore, usersStore } from './shared/tables.ts';
import { NAMESPACE, onEvent } from './shared/telemetry.ts';

const userTable = usersStore();
const countServed = profileMetrics({ namespace: NAMESPACE });

const breakerStore = resilienceStore();
const breakerOf = (name: string) =>
  sharedBreaker({
    ...{ store: breakerStore, name, slowCallMs: 800, openMs: 5_000, onEvent },
    // The table may be slow where everything runs on one machine.
    storeTimeoutMs: 200,
  });

// Critical: without the user there is no profile. While the table of the users is down or slow, its breaker has requests refused at
// once that would hold an environment for the whole of their time.
const users = resilient<MaybeUser>({
  name: 'users',
  attemptTimeoutMs: 2_000,
  retry: { maxAttempts: 3 },
  breaker: breakerOf('users'),
  // All tables share 50 connections. What is slow here must not hold all of them where an environment has many requests at once.
  bulkhead: bulkhead({ name: 'users', limit: 20 }),
  validate: [MaybeUser, (user, { key }) => user === undefined || user.id === key],
  cache: userCache(),
  onEvent,
});

const posts = resilient<Posts>({
  name: 'posts',
  attemptTimeoutMs: 3_000,
  retry: { maxAttempts: 2 },
  breaker: breakerOf('posts'),
  validate: [Posts, (list, about) => list.every((post) => isAbout(post, about))],
  cache: postsCache(),
  fallback: () => [],
  onEvent,
});

const friends = resilient<Friends | null>({
  name: 'social',
  attemptTimeoutMs: 1_000,
  // It answers 95 % of the calls within this. Some of the others take seconds.
  hedge: hedge({ delayMs: 100 }),
  validate: [Friends, isAbout],
  cache: friendsCache(),
  fallback: null,
  onEvent,
});

async function getProfile(event: HttpHandlerEvent): Promise<JsonResponse> {
  const id = profileId(event);
  const [user, postList, friendCount] = await Promise.all([
    users.outcome(({ signal }) => userTable.get(userKey(id), { signal }), { key: id }),
    posts.outcome(({ signal }) => fetchDownstream(`/posts/${id}`, signal), { key: id }),
    friends.outcome(({ signal }) => fetchDownstream(`/social/${id}`, signal), { key: id }),
  ]);
  if (user.source !== 'none' && user.value === undefined) throw noSuchProfile(id);
  countServed({ user, posts: postList, friends: friendCount });
  if (user.source === 'none') throw userUnavailable(user.error);

  const parts = { user, posts: postList, friendCount };
  const degraded = degradedParts(parts);
  const profile = {
    user: user.value,
    posts: newestFirst(postList.value ?? []),
    friendCount: friendCount.value?.count ?? null,
    degraded,
  };
  return cacheable(event, json(200, profile, sourcesHeader(parts)), degraded.length === 0);
}

export const handler = middy<HttpHandlerEvent, JsonResponse>()
  .use(warmup())
  .use(correlation())
  .use(telemetry({ namespace: NAMESPACE }))
  .use(problemDetails({ onServerError: logServerError }))
  // A profile is answered in time, with all of its parts or with those that there are. The API's authorizer knows its callers,
  // so a caller may say how long it waits.
  .use(deadline({ totalTimeoutMs: 1_200, reserveMs: 150, fromHeader: true }))
  .handler(getProfile);
