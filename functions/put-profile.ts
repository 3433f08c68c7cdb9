import middy from '@middy/core';
import { FibrinError, header, idempotent, systemClock } from 'fibrin';
import { dynamoStore } from 'fibrin/dynamodb';
import { OUTBOX_ATTRIBUTE } from 'fibrin/events';
import { problemDetails } from 'fibrin/middleware';
import * as v from 'valibot';
import {
  type HttpHandlerEvent,
  type JsonResponse,
  json,
  type LambdaContext,
  setting,
} from './shared/http.ts';
import { ProfileChange, profileId, toItem, type User, userKey } from './shared/profile.ts';
import { profileUpdated } from './shared/profile-event.ts';

const MAX_BODY_BYTES = 16_384;

const userTable = dynamoStore({ table: setting('USERS_TABLE') });
const store = dynamoStore();

function bodyOf(event: HttpHandlerEvent): string {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new FibrinError('BODY_TOO_LARGE', `A profile is at most ${MAX_BODY_BYTES} bytes`, { status: 413 });
  }
  return bytes.toString('utf8');
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

/**
 * Writes the next version of the user and its event, in one write: there is never one without the other. Of two writers
 * at once the second starts over from what the first wrote.
 */
async function writeUser(id: string, change: ProfileChange): Promise<User> {
  for (let tries = 0; tries < 5; tries++) {
    const current = await userTable.get(userKey(id));
    const seen = Number(current?.['version'] ?? 0);
    const user: User = { id, ...change, version: seen + 1 };
    const when = current
      ? [[{ attribute: 'version', is: '=', value: seen }] as const]
      : (['absent'] as const);
    const event = JSON.stringify(profileUpdated(user, systemClock.now()));
    const written = await userTable.put(
      userKey(id),
      { ...toItem(user), [OUTBOX_ATTRIBUTE]: event },
      { when },
    );
    if (written.applied) return user;
  }
  throw new FibrinError('BUSY', `Profile ${id} is being changed by others`, {
    status: 503,
    retryAfterMs: 1_000,
  });
}

const put = idempotent(
  {
    store,
    operation: 'put-profile',
    key: header('Idempotency-Key'),
    payload: (event: HttpHandlerEvent) => [profileId(event), bodyOf(event)],
  },
  async (event: HttpHandlerEvent, _context: LambdaContext): Promise<JsonResponse> =>
    json(200, { user: await writeUser(profileId(event), parseChange(event)) }),
);

export const handler = middy<HttpHandlerEvent, JsonResponse>().use(problemDetails()).handler(put);
