import { FibrinError } from 'fibrin';
import { type Envelope, envelope, readEnvelope } from 'fibrin/events';
import * as v from 'valibot';
import { User } from './profile.ts';

const PROFILE_UPDATED = 'profile.updated';

/**
 * How long consumers act on an event: seven days. Longer than the table's stream (1 day), the bus (1 day) and the queue
 * (4 days) keep it together, so that it expires only where it was redriven late. It is not the deadline of the request that
 * caused it: that is over long before, and the change still stands.
 */
const VALID_MS = 7 * 24 * 60 * 60 * 1_000;

const Change = v.object({ id: User.entries.id, name: User.entries.name, version: User.entries.version });
export type ProfileChanged = v.InferOutput<typeof Change>;

export interface Origin {
  /** Epoch milliseconds. */
  readonly now: number;
  /** That of the request. */
  readonly correlationId: string | undefined;
}

/** The event of one change. Its id follows from the change, so that a consumer recognizes a duplicate. */
export function profileUpdated(
  { id, name, version }: User,
  { now, correlationId }: Origin,
): Envelope<ProfileChanged> {
  return envelope({
    id: `${PROFILE_UPDATED}#${id}#${version}`,
    type: PROFILE_UPDATED,
    time: new Date(now).toISOString(),
    data: { id, name, version },
    metadata: {
      ...(correlationId !== undefined && { correlationId }),
      expiresAt: new Date(now + VALID_MS).toISOString(),
    },
  });
}

/** @throws {FibrinError} when the event's detail is not that of a changed profile. */
export function readProfileUpdated(detail: unknown): Envelope<ProfileChanged> {
  const envelope = readEnvelope(detail);
  const parsed = v.safeParse(Change, envelope.data);
  if (envelope.type !== PROFILE_UPDATED || !parsed.success)
    throw new FibrinError('BAD_EVENT', 'The event is no profile.updated');
  return { ...envelope, data: parsed.output };
}

export const viewKey = (id: string): string => `view#${id}`;
export const journalKey = (id: string, version: number): string => `journal#${id}#${version}`;
export const cacheKey = (id: string): string => `profile#${id}`;
