import middy from '@middy/core';
import { FibrinError, type Item, systemClock } from 'fibrin';
import { OUTBOX_ATTRIBUTE } from 'fibrin/events';
import { type Claim, idempotentHttp } from 'fibrin/idempotency';
import { correlation, problemDetails, telemetry, warmup } from 'fibrin/middleware';
import { correlationId, idempotencyMetrics } from 'fibrin/telemetry';
import * as v from 'valibot';
import { userCache } from './shared/caches.ts';
import { callerOf } from './shared/caller.ts';
import { cancelledError, isConflict } from './shared/cancellation.ts';
import { type HttpHandlerEvent, type JsonResponse, json, type LambdaContext } from './shared/http.ts';
import { log, logServerError, reasonOf } from './shared/log.ts';
import { ProfileChange, profileId, toItem, type User, userKey } from './shared/profile.ts';
import { profileEvents } from './shared/profile-event.ts';
import { resilienceStore, tableStore } from './shared/tables.ts';
import { NAMESPACE } from './shared/telemetry.ts';

const MAX_BODY_BYTES = 16_384;

const userTable = tableStore('USERS_TABLE');
const store = resilienceStore();
const users = userCache();

function bodyOf(event: HttpHandlerEvent): string {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new FibrinError('BODY_TOO_LARGE', `A profile is at most ${MAX_BODY_BYTES} bytes`, { status: 413 });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FibrinError('BAD_ENCODING', 'The body is not UTF-8', { status: 400 });
  }
}

function parseChange(event: HttpHandlerEvent): ProfileChange {
  let body: unknown;
  try {
    body = JSON.parse(bodyOf(event));
  } catch (error) {
    if (error instanceof FibrinError) throw error;
    throw new FibrinError('BAD_JSON', 'The body is not JSON', { status: 400 });
  }
  const parsed = v.safeParse(ProfileChange, body);
  if (parsed.success) return parsed.output;
  const fields = [...new Set(parsed.issues.map((issue) => v.getDotPath(issue) ?? '(body)'))].slice(0, 10);
  throw new FibrinError(
    'BAD_PROFILE',
    `A profile is { name, email, bio? }; wrong or unknown: ${fields.join(', ')}`,
    {
      status: 400,
    },
  );
}

/** Writes the next version of a user with its events in the same item: there is never one without the others. */
function writeOf(change: Omit<User, 'version'>, current: Item | undefined) {
  const seen = current && Number(current['version']);
  const user: User = { ...change, version: (seen ?? 0) + 1 };
  const origin = { now: systemClock.now(), correlationId: correlationId() };
  const events = JSON.stringify(profileEvents(user, current?.['email'], origin));
  const when =
    seen === undefined ? (['absent'] as const) : [[{ attribute: 'version', is: '=', value: seen }] as const];
  const item = { ...toItem(user), [OUTBOX_ATTRIBUTE]: events };
  return { user, write: userTable.writeOf(userKey(user.id), item, { when }) };
}

/**
 * Hands the change to all readers before the caller is answered, who then sees it. Where the cache fails, for which it waits a second or
 * two, it may not: the change is made, and its event will invalidate the user.
 */
async function showChange(user: User): Promise<void> {
  try {
    await users.set(user.id, user);
  } catch (error) {
    log('warn', 'A changed profile is not in the cache', reasonOf(error));
  }
}

/**
 * Writes the user and records that this request is done, both or neither. Of two concurrent writers the second starts over
 * from what the first wrote.
 */
async function putProfile(
  event: HttpHandlerEvent,
  _context: LambdaContext,
  claim: Claim<JsonResponse>,
): Promise<JsonResponse> {
  const id = profileId(event);
  const change = parseChange(event);
  for (let tries = 0; tries < 5; tries++) {
    const current = await userTable.get(userKey(id));
    const { user, write } = writeOf({ id, ...change }, current);
    try {
      const answer = await claim.completeWith([write], json(200, { user }));
      await showChange(user);
      return answer;
    } catch (error) {
      if (!isConflict(error)) throw cancelledError(error);
    }
  }
  throw new FibrinError('BUSY', `Profile ${id} is being changed by others`, {
    status: 503,
    retryAfterMs: 1_000,
  });
}

const put = idempotentHttp(
  {
    store,
    operation: 'put-profile',
    principal: callerOf,
    onEvent: idempotencyMetrics({ namespace: NAMESPACE }),
    onServerError: logServerError,
    payload: (event: HttpHandlerEvent) => [profileId(event), bodyOf(event)],
  },
  putProfile,
);

export const handler = middy<HttpHandlerEvent, JsonResponse>()
  .use(warmup())
  .use(correlation())
  .use(telemetry({ namespace: NAMESPACE }))
  .use(problemDetails({ onServerError: logServerError }))
  .handler(put);
