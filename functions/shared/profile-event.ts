import { FibrinError } from 'fibrin';
import { type Envelope, envelope, readEnvelope } from 'fibrin/events';
import * as v from 'valibot';
import { User } from './profile.ts';

const PROFILE_UPDATED = 'profile.updated';

const Change = v.object({ id: User.entries.id, name: User.entries.name, version: User.entries.version });
export type ProfileChanged = v.InferOutput<typeof Change>;

/** The event of one change. Its id follows from the change, so that a consumer recognizes a duplicate. */
export function profileUpdated({ id, name, version }: User, now: number): Envelope<ProfileChanged> {
  return envelope({
    id: `${PROFILE_UPDATED}#${id}#${version}`,
    type: PROFILE_UPDATED,
    time: new Date(now).toISOString(),
    data: { id, name, version },
  });
}

/** @throws {FibrinError} when the event's detail is not that of a changed profile. */
export function readProfileUpdated(detail: unknown): ProfileChanged {
  const { type, data } = readEnvelope(detail);
  const parsed = v.safeParse(Change, data);
  if (type !== PROFILE_UPDATED || !parsed.success)
    throw new FibrinError('BAD_EVENT', 'The event is no profile.updated');
  return parsed.output;
}

export const viewKey = (id: string): string => `view#${id}`;
export const journalKey = (id: string, version: number): string => `journal#${id}#${version}`;
export const cacheKey = (id: string): string => `profile#${id}`;
