import { FibrinError } from '../core/errors.ts';
import { fieldOf } from '../core/field.ts';

/**
 * A domain event as it travels. The `id` is the publisher's own and stays the same however often the event is published
 * again or redriven, unlike the ids that a bus or a queue gives it.
 */
export interface Envelope<D = unknown> {
  /** Unique for the fact that it tells. 1 to 200 characters. */
  readonly id: string;
  /** What happened, e.g. `profile.updated`. */
  readonly type: string;
  /** When it happened. ISO 8601. */
  readonly time: string;
  readonly data: D;
  /** What is not part of the fact: with whose request it came about, and until when it matters. */
  readonly metadata?: {
    readonly correlationId?: string;
    /** After this it is of no use to act on it. ISO 8601. */
    readonly expiresAt?: string;
  };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 200;

/**
 * Reads an envelope out of parsed JSON. What its data holds is the consumer's to check.
 * @throws {FibrinError} `BAD_ENVELOPE` naming what is missing.
 */
export function readEnvelope(value: unknown): Envelope {
  const { id, type, time, data } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Partial<Envelope>;
  for (const [name, field] of Object.entries({ id, type, time })) {
    if (!isText(field))
      throw new FibrinError('BAD_ENVELOPE', `An event needs \`${name}\`, text of 1 to 200 characters`);
  }
  const correlationId = fieldOf(value, ['metadata', 'correlationId']);
  const expiresAt = fieldOf(value, ['metadata', 'expiresAt']);
  const metadata = {
    ...(isText(correlationId) && { correlationId }),
    ...(isText(expiresAt) && { expiresAt }),
  };
  return {
    id: String(id),
    type: String(type),
    time: String(time),
    data,
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}
