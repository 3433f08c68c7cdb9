import { FibrinError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from './pattern/model.ts';

/** An event as rules and targets see it. */
export interface EventEnvelope {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601 in UTC, whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: JsonObject;
}

/** Why one entry was not taken, in EventBridge's words. The other entries of the request are not touched by it. */
export interface EntryError {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

export interface EntryOrigin {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** When the request arrived; the event's time where the entry has none. Milliseconds since the epoch. */
  readonly now: number;
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MAX_ENTRIES = 10;
/**
 * 1 MB for all entries together since January 2026; 256 KB before.
 * @see https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb
 */
export const MAX_ENTRIES_BYTES = 1_048_576;
const MAX_DETAIL_TYPE_CHARACTERS = 128;
/** What an entry's time counts for, however it was written. */
const TIME_BYTES = 14;

const refuseRequest = (code: string, message: string): never => {
  throw new FibrinError(code, message, { status: 400 });
};

const refuseEntries = (constraint: string): never =>
  refuseRequest(
    'ValidationException',
    `1 validation error detected: Value at 'entries' failed to satisfy constraint: ${constraint}`,
  );

const bytesOf = (value: unknown): number => (typeof value === 'string' ? Buffer.byteLength(value) : 0);

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function entryBytes({ Time, Source, DetailType, Detail, Resources }: JsonObject): number {
  const resources: readonly unknown[] = Array.isArray(Resources) ? Resources : [];
  const texts = [Source, DetailType, Detail, ...resources];
  return texts.reduce<number>(
    (sum, text) => sum + bytesOf(text),
    (Time ?? undefined) === undefined ? 0 : TIME_BYTES,
  );
}

/** SDKs send seconds since the epoch; people who write requests themselves send text. */
function epochMsOf(time: unknown, now: number): number {
  if (time === undefined || time === null) return now;
  return typeof time === 'number' ? time * 1_000 : Date.parse(String(time));
}

/** A member of the wrong JSON type fails the request, not the entry: the service cannot even read it. */
function refuseWrongTypes(entry: JsonObject): void {
  for (const name of ['Source', 'DetailType', 'Detail', 'EventBusName', 'TraceHeader']) {
    const value = entry[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') {
      refuseRequest('SerializationException', `Expected \`${name}\` of an entry to be a string`);
    }
  }
  const resources = entry['Resources'] ?? [];
  if (!Array.isArray(resources) || resources.some((resource) => typeof resource !== 'string')) {
    refuseRequest('SerializationException', 'Expected `Resources` of an entry to be a list of strings');
  }
  if (Number.isNaN(new Date(epochMsOf(entry['Time'], 0)).getTime())) {
    refuseRequest('SerializationException', 'Expected `Time` of an entry to be a timestamp');
  }
}

/**
 * The entries of a PutEvents request, as far as the request stands or falls as a whole.
 * @throws {FibrinError} `ValidationException` or `SerializationException`, status 400, with which nothing is published.
 */
export function readEntries(entries: unknown): readonly JsonObject[] {
  if (entries === undefined || entries === null) return refuseEntries('Member must not be null');
  if (!Array.isArray(entries) || !entries.every(isJsonObject)) {
    return refuseRequest('SerializationException', 'Expected `Entries` to be a list of objects');
  }
  if (entries.length === 0) refuseEntries('Member must have length greater than or equal to 1');
  if (entries.length > MAX_ENTRIES) {
    refuseEntries(`Member must have length less than or equal to ${MAX_ENTRIES}`);
  }
  for (const entry of entries) refuseWrongTypes(entry);
  if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) > MAX_ENTRIES_BYTES) {
    refuseRequest('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  return entries;
}

const invalidArgument = (name: string, reason: string): EntryError => ({
  ErrorCode: 'InvalidArgument',
  ErrorMessage: `Parameter ${name} is not valid. Reason: ${reason}`,
});

function parseDetail(detail: string): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(detail);
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    // No JSON and JSON that is no object are one and the same error to EventBridge.
    return undefined;
  }
}

/** ISO 8601 with whole seconds, the only precision that EventBridge keeps. */
export const isoSeconds = (epochMs: number): string =>
  new Date(epochMs).toISOString().replace(/\.\d+Z$/, 'Z');

/** Makes the event of an entry that `readEntries` let pass, or says why it is refused. */
export function toEvent(entry: JsonObject, origin: EntryOrigin): EventEnvelope | EntryError {
  const { Source, DetailType, Detail, Resources, Time } = entry;
  for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
    if (!value) return invalidArgument(name, `${name} is a required argument.`);
  }
  if (String(Source).startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  if (String(DetailType).length > MAX_DETAIL_TYPE_CHARACTERS) {
    const reason = `DetailType is longer than ${MAX_DETAIL_TYPE_CHARACTERS} characters.`;
    return invalidArgument('DetailType', reason);
  }
  const detail = parseDetail(String(Detail));
  if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  return {
    version: '0',
    id: origin.id,
    'detail-type': String(DetailType),
    source: String(Source),
    account: origin.account,
    time: isoSeconds(epochMsOf(Time, origin.now)),
    region: origin.region,
    resources: Array.isArray(Resources) ? Resources.map(String) : [],
    detail,
  };
}

/** What the targets of a rule get when its schedule is due. @param time ISO 8601, whole seconds. */
export const scheduledEvent = (
  ruleArn: string,
  time: string,
  origin: Omit<EntryOrigin, 'now'>,
): EventEnvelope => ({
  version: '0',
  id: origin.id,
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: origin.account,
  time,
  region: origin.region,
  resources: [ruleArn],
  detail: {},
});

/** The bus that an entry goes to: `default` unless it names one, by its name or its ARN. */
export function busNameOf(entry: JsonObject): string {
  const given = entry['EventBusName'];
  if (typeof given !== 'string' || given === '') return 'default';
  return /^arn:[^:]*:events:[^:]*:[^:]*:event-bus\/(.+)$/.exec(given)?.[1] ?? given;
}

/** The event that one bus hands to another, or undefined when the text is none. */
export function parseEvent(body: string): EventEnvelope | undefined {
  const event = parseDetail(body);
  const isEvent =
    event !== undefined &&
    ['id', 'detail-type', 'source', 'account', 'time', 'region'].every(
      (name) => typeof event[name] === 'string',
    ) &&
    Array.isArray(event['resources']) &&
    isJsonObject(event['detail']);
  return isEvent ? (event as JsonObject & EventEnvelope) : undefined;
}
