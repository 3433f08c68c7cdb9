import { FibrinError } from 'fibrin';
import { type Envelope, envelope, readEnvelope } from 'fibrin/events';
import * as v from 'valibot';
import { User } from './profile.ts';

/**
 * How long consumers act on an event: seven days. Longer than the table's stream (1 day), a bus (1 day) and a queue
 * (4 days) keep it together, so that it expires only where it was redriven late. It is not the deadline of the request that
 * caused it: that is over long before, and the change still stands.
 */
const VALID_MS = 7 * 24 * 60 * 60 * 1_000;

const Change = v.object({ id: User.entries.id, name: User.entries.name, version: User.entries.version });
export type ProfileChanged = v.InferOutput<typeof Change>;

const Contact = v.object({ id: User.entries.id, email: User.entries.email, version: User.entries.version });

/**
 * The events of a change, by type, each with what its data must be. How sensitive it is decides on the bus that it goes to: where
 * nothing is said, the internal one.
 */
const EVENTS = {
  /** What everybody may know. */
  'profile.updated': { data: Change, sensitivity: 'public' },
  /** Every version, for our own journal. */
  'profile.revised': { data: Change, sensitivity: undefined },
  /** Personal data, for the few who have to know it. */
  'profile.contact-changed': { data: Contact, sensitivity: 'restricted' },
} as const;
type Events = typeof EVENTS;
export type ProfileEvent = keyof Events;
export type DataOf<T extends ProfileEvent> = v.InferOutput<Events[T]['data']>;

export interface Origin {
  /** Epoch milliseconds. */
  readonly now: number;
  /** That of the request. */
  readonly correlationId: string | undefined;
}

/** The event of one change. Its id follows from the change, so that a consumer recognizes a duplicate. */
function eventOf<T extends ProfileEvent>(
  type: T,
  data: DataOf<T>,
  { now, correlationId }: Origin,
): Envelope<DataOf<T>> {
  const { sensitivity } = EVENTS[type];
  return envelope<DataOf<T>>({
    id: `${type}#${data.id}#${data.version}`,
    type,
    time: new Date(now).toISOString(),
    data,
    metadata: {
      ...(sensitivity !== undefined && { sensitivity }),
      ...(correlationId !== undefined && { correlationId }),
      expiresAt: new Date(now + VALID_MS).toISOString(),
    },
  });
}

/**
 * The events that the next version of a user causes, each with no more than it is for.
 * @param email The address before. Undefined: there was none.
 */
export function profileEvents(
  { id, name, email, version }: User,
  before: unknown,
  origin: Origin,
): readonly Envelope[] {
  const change = { id, name, version };
  return [
    eventOf('profile.updated', change, origin),
    eventOf('profile.revised', change, origin),
    ...(email === before ? [] : [eventOf('profile.contact-changed', { id, email, version }, origin)]),
  ];
}

/** @throws {FibrinError} when the event's detail is not that of an event of this type. */
export function readProfileEvent<T extends ProfileEvent>(type: T, detail: unknown): Envelope<DataOf<T>> {
  const envelope = readEnvelope(detail);
  const parsed = v.safeParse(EVENTS[type].data, envelope.data);
  if (envelope.type !== type || !parsed.success)
    throw new FibrinError('BAD_EVENT', `The event is no ${type}`);
  return { ...envelope, data: parsed.output as DataOf<T> };
}

export const viewKey = (id: string): string => `view#${id}`;
export const journalKey = (id: string, version: number): string => `journal#${id}#${version}`;
export const contactKey = (id: string): string => `contact#${id}`;
