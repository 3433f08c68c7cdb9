import middy from '@middy/core';
import { resilient } from 'fibrin';
import { dynamoStore } from 'fibrin/dynamodb';
import { problemDetails } from 'fibrin/middleware';
import { fetchDownstream } from './shared/downstream.ts';
import { type HttpHandlerEvent, type JsonResponse, json, type LambdaContext } from './shared/http.ts';
import {
  Friends,
  MaybeUser,
  newestFirst,
  noSuchProfile,
  Posts,
  profileId,
  userKey,
  userUnavailable,
} from './shared/profile.ts';
import { usersTable } from './shared/users-table.ts';

/** A profile is answered within this time: with all of its parts, or with what there is. */
const TOTAL_DEADLINE_MS = 1_200;
/** Kept of it for making the answer and bringing it to the caller. */
const ANSWER_RESERVE_MS = 150;

const userTable = usersTable();
const store = dynamoStore();

// Critical: without the user there is no profile.
const users = resilient<MaybeUser>({
  name: 'users',
  attemptTimeoutMs: 2_000,
  retry: { attempts: 3 },
  validate: MaybeUser,
});

const posts = resilient<Posts>({
  name: 'posts',
  attemptTimeoutMs: 3_000,
  retry: { attempts: 2 },
  // A hang takes a second, so a sandbox never sees ten of them in the window of ten seconds.
  breaker: { store, minimumCalls: 5, openMs: 5_000 },
  validate: Posts,
  fallback: () => [],
});

const friends = resilient<Friends | null>({
  name: 'social',
  attemptTimeoutMs: 1_000,
  validate: Friends,
  fallback: () => null,
});

async function getProfile(event: HttpHandlerEvent, context: LambdaContext): Promise<JsonResponse> {
  const id = profileId(event);
  const remainingMs = Math.min(TOTAL_DEADLINE_MS, context.getRemainingTimeInMillis()) - ANSWER_RESERVE_MS;

  const [user, postList, friendCount] = await Promise.all([
    users.outcome(({ signal }) => userTable.get(userKey(id), { signal }), { remainingMs }),
    posts.outcome(({ signal }) => fetchDownstream(`/posts/${id}`, signal), { remainingMs }),
    friends.outcome(({ signal }) => fetchDownstream(`/social/${id}`, signal), { remainingMs }),
  ]);
  if (user.source === 'none') throw userUnavailable(user.error);
  if (user.value === undefined) throw noSuchProfile(id);

  const parts = { user, posts: postList, friendCount };
  return json(200, {
    user: user.value,
    posts: newestFirst(postList.value ?? []),
    friendCount: friendCount.value?.count ?? null,
    degraded: Object.entries(parts).flatMap(([part, outcome]) => (outcome.degraded ? [part] : [])),
    sources: Object.fromEntries(Object.entries(parts).map(([part, outcome]) => [part, outcome.source])),
  });
}

export const handler = middy<HttpHandlerEvent, JsonResponse>().use(problemDetails()).handler(getProfile);
