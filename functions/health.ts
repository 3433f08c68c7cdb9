import middy from '@middy/core';
import { resilient } from 'fibrin';
import { breakerCheck } from 'fibrin/breaker';
import { dynamoStore, HEALTH_KEY } from 'fibrin/dynamodb';
import { correlation, health, problemDetails } from 'fibrin/middleware';
import { isIdentified } from './shared/caller.ts';
import { fetchDownstream } from './shared/downstream.ts';
import { type HttpHandlerEvent, type JsonResponse, json } from './shared/http.ts';
import { logServerError } from './shared/log.ts';
import { userKey } from './shared/profile.ts';
import { logEvent } from './shared/telemetry.ts';
import { usersTable } from './shared/users-table.ts';

const userTable = usersTable();
const resilienceTable = dynamoStore();

/** Checks twice: a connection that went stale while the environment was frozen says nothing about the dependency. */
function check(name: string, critical: boolean, call: (signal: AbortSignal) => Promise<unknown>) {
  const twice = resilient<unknown>({
    name,
    attemptTimeoutMs: 500,
    totalTimeoutMs: 600,
    retry: { maxAttempts: 2 },
    // The answer names what fails, and the log says why.
    onEvent: logEvent,
  });
  const run = (signal: AbortSignal) => twice.execute((attempt) => call(attempt.signal), { signal });
  return { critical, run };
}

const checks = {
  users: check('users', true, (signal) => userTable.get(userKey('1'), { signal })),
  resilience: check('resilience', false, (signal) => resilienceTable.get(HEALTH_KEY, { signal })),
  posts: check('posts', false, (signal) => fetchDownstream('/posts/1', signal)),
  postsBreaker: breakerCheck({ store: resilienceTable, name: 'posts' }),
  social: check('social', false, (signal) => fetchDownstream('/social/1', signal)),
};

/** `/api/health` is public and says that the function runs; `/api/health/deep` checks its dependencies, for callers that the authorizer knows. */
export const handler = middy<HttpHandlerEvent, JsonResponse>()
  .use(correlation())
  .use(problemDetails({ onServerError: logServerError }))
  .use(health({ path: '/api/health' }))
  .use(health({ path: '/api/health/deep', checks, authorize: isIdentified }))
  .handler(async () => json(404, { message: 'Not Found' }));
