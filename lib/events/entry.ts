import { FibrinError } from '../core/errors.ts';
import { type Envelope, sealEnvelope } from './envelope.ts';

/** Where events go. */
export interface Route {
  readonly bus: string;
  readonly buses: Readonly<Record<string, string>>;
  readonly source: string;
}

/** An entry of a PutEvents request. */
export interface PutEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Time: Date;
  readonly Detail: string;
}

/** An event on its way to a bus. */
export interface Entry {
  /** As it was handed in. */
  readonly event: Envelope;
  readonly checked: Envelope;
  readonly sent: PutEntry;
  /** As EventBridge counts them. */
  readonly bytes: number;
  /** Of those with the same key one is sent after the other. */
  readonly key: string | undefined;
}

/** What an entry's time counts for. */
const TIME_BYTES = 14;

/** The bus for an event. An event of a sensitivity never goes to a bus that is not named for it. */
function busOf({ metadata: { sensitivity } = {} }: Envelope, { bus, buses }: Route): string {
  if (sensitivity === undefined) return bus;
  const own = Object.hasOwn(buses, sensitivity) ? buses[sensitivity] : undefined;
  if (own === undefined)
    throw new FibrinError(
      'NO_BUS_FOR_SENSITIVITY',
      `\`buses\` names no bus for the sensitivity "${sensitivity}" of the event`,
    );
  return own;
}

/**
 * The entry for an event.
 * @throws {FibrinError} `BAD_ENVELOPE`, `EVENT_TOO_LARGE` or `NO_BUS_FOR_SENSITIVITY`.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
 */
export function entryOf(event: Envelope, route: Route, key: string | undefined): Entry {
  const { envelope, text } = sealEnvelope(event);
  const { source } = route;
  const bytes = [source, envelope.type, text].reduce(
    (sum, part) => sum + Buffer.byteLength(part),
    TIME_BYTES,
  );
  const sent = {
    EventBusName: busOf(envelope, route),
    Source: source,
    DetailType: envelope.type,
    Time: new Date(envelope.time),
    Detail: text,
  };
  return { event, checked: envelope, sent, bytes, key };
}

const MAX_ENTRIES = 10;
/**
 * All entries of a request have less than 1 MB together; it was 256 KB until January 2026.
 * @see https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
const MAX_REQUEST_BYTES = 1_048_575;

/** Whether an entry can be sent together with others. Two of one key cannot: the first may fail and the second not. */
export function fits(entry: Entry, others: readonly Entry[]): boolean {
  const bytes = others.reduce((sum, other) => sum + other.bytes, entry.bytes);
  const isOfOther = entry.key === undefined || others.every(({ key }) => key !== entry.key);
  return others.length < MAX_ENTRIES && bytes <= MAX_REQUEST_BYTES && isOfOther;
}
