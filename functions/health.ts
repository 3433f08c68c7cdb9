import middy from '@middy/core';
import { type PolicyEvent, resilient } from 'fibrin';
import { breakerCheck } from 'fibrin/breaker';
import { HEALTH_KEY } from 'fibrin/dynamodb';
import { correlation, health, problemDetails, warmup } from 'fibrin/middleware';
import { queueDepthCheck, warmCapacityCheck } from 'fibrin/telemetry';
import { isIdentified } from './shared/caller.ts';
import { fetchDownstream } from './shared/downstream.ts';
import { type HttpHandlerEvent, type JsonResponse, json } from './shared/http.ts';
import { logServerError } from './shared/log.ts';
import { lambdaClient, queueClient } from './shared/platform-clients.ts';
import { userKey } from './shared/profile.ts';
import { setting, urlsSetting } from './shared/settings.ts';
import { resilienceStore, usersStore } from './shared/tables.ts';
import { logEvent } from './shared/telemetry.ts';

const userTable = usersStore();
const resilienceTable = resilienceStore();

/** That there is no provisioned concurrency is an answer. */
function logUnlessNone(event: PolicyEvent): void {
  const { error } = event as { readonly error?: { readonly name?: unknown } };
  if (error?.name !== 'ProvisionedConcurrencyConfigNotFoundException') logEvent(event);
}

/** Calls twice: a connection that went stale while the environment was frozen says nothing about the dependency. */
function protectedBy(name: string, onEvent = logEvent) {
  const twice = resilient<unknown>({
    name,
    attemptTimeoutMs: 500,
    totalTimeoutMs: 600,
    retry: { maxAttempts: 2 },
    // The answer names what fails, and the log says why.
    onEvent,
  });
  return <T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) =>
    twice.execute((attempt) => call(attempt.signal), { signal }) as Promise<T>;
}

function check(name: string, critical: boolean, call: (signal: AbortSignal) => Promise<unknown>) {
  const protect = protectedBy(name);
  return { critical, run: (signal: AbortSignal) => protect(call, signal) };
}

const deadLetters = Object.entries(urlsSetting('DEAD_LETTER_QUEUES')).map(([name, queueUrl]) => {
  const client = queueClient(queueUrl, protectedBy(name));
  return [name, queueDepthCheck({ client, queueUrl })] as const;
});

const getProfileCapacity = warmCapacityCheck({
  client: lambdaClient(protectedBy('getProfileCapacity', logUnlessNone)),
  functionName: setting('WARM_FUNCTION'),
  qualifier: setting('WARM_ALIAS'),
});

const checks = {
  users: check('users', true, (signal) => userTable.get(userKey('1'), { signal })),
  resilience: check('resilience', false, (signal) => resilienceTable.get(HEALTH_KEY, { signal })),
  posts: check('posts', false, (signal) => fetchDownstream('/posts/1', signal)),
  postsBreaker: breakerCheck({ store: resilienceTable, name: 'posts' }),
  usersBreaker: breakerCheck({ store: resilienceTable, name: 'users' }),
  social: check('social', false, (signal) => fetchDownstream('/social/1', signal)),
  getProfileCapacity,
  ...Object.fromEntries(deadLetters),
};

/** `/api/health` is public and says that the function runs; `/api/health/deep` checks its dependencies, for callers that the authorizer knows. */
export const handler = middy<HttpHandlerEvent, JsonResponse>()
  .use(warmup())
  .use(correlation())
  .use(problemDetails({ onServerError: logServerError }))
  .use(health({ path: '/api/health' }))
  .use(health({ path: '/api/health/deep', checks, authorize: isIdentified }))
  .handler(async () => json(404, { message: 'Not Found' }));
