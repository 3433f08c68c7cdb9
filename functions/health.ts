import middy from '@middy/core';
import { type Outcome, resilient, systemClock } from 'fibrin';
import { dynamoStore } from 'fibrin/dynamodb';
import { problemDetails } from 'fibrin/middleware';
import { fetchDownstream } from './shared/downstream.ts';
import { type HttpHandlerEvent, type JsonResponse, json } from './shared/http.ts';
import { userKey } from './shared/profile.ts';
import { usersTable } from './shared/users-table.ts';

/** How long one look at the dependencies answers for all who ask. */
const CACHE_MS = 5_000;

const userTable = usersTable();
const resilienceTable = dynamoStore();

// Twice, since a connection that went stale in a frozen sandbox says nothing about what is behind it.
const probe = (name: string) =>
  resilient<unknown>({ name, attemptTimeoutMs: 500, totalTimeoutMs: 600, retry: { attempts: 2 } });
const checks = {
  users: {
    critical: true,
    run: probe('users'),
    call: (signal: AbortSignal) => userTable.get(userKey('1'), { signal }),
  },
  resilience: {
    critical: false,
    run: probe('resilience'),
    call: (signal: AbortSignal) => resilienceTable.get('health', { signal }),
  },
  posts: {
    critical: false,
    run: probe('posts'),
    call: (signal: AbortSignal) => fetchDownstream('/posts/1', signal),
  },
  social: {
    critical: false,
    run: probe('social'),
    call: (signal: AbortSignal) => fetchDownstream('/social/1', signal),
  },
};

interface Health {
  readonly status: 'ok' | 'degraded' | 'failing';
  readonly checkedAt: string;
  readonly dependencies: Readonly<
    Record<string, { status: 'ok' | 'failing'; critical: boolean; durationMs: number }>
  >;
}

async function look(): Promise<Health> {
  const looked = await Promise.all(
    Object.entries(checks).map(async ([name, { critical, run, call }]) => {
      const outcome: Outcome<unknown> = await run.outcome(({ signal }) => call(signal));
      const status = outcome.degraded ? ('failing' as const) : ('ok' as const);
      return [name, { status, critical, durationMs: Math.round(outcome.durationMs) }] as const;
    }),
  );
  const failing = looked.filter(([, { status }]) => status === 'failing');
  const critical = failing.some(([, dependency]) => dependency.critical);
  return {
    status: critical ? 'failing' : failing.length > 0 ? 'degraded' : 'ok',
    checkedAt: new Date(systemClock.now()).toISOString(),
    dependencies: Object.fromEntries(looked),
  };
}

let cached: { readonly until: number; readonly health: Promise<Health> } | undefined;

/** One look serves everybody who asks while it runs and for a few seconds after. */
function deepHealth(): Promise<Health> {
  const now = systemClock.monotonic();
  if (cached === undefined || now >= cached.until) cached = { until: now + CACHE_MS, health: look() };
  return cached.health;
}

/** `/api/health` tells anybody that the function runs; `/api/health/deep`, behind the authorizer, what it stands on. */
async function health(event: HttpHandlerEvent): Promise<JsonResponse> {
  if (!event.rawPath.endsWith('/deep')) return json(200, { status: 'ok' });
  const deep = await deepHealth();
  return json(deep.status === 'failing' ? 503 : 200, deep);
}

export const handler = middy<HttpHandlerEvent, JsonResponse>().use(problemDetails()).handler(health);
