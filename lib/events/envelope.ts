import { FibrinError } from '../core/errors.ts';
import { fieldOf } from '../core/field.ts';
import { isInstant } from './instant.ts';
import { problemInData } from './json-data.ts';

/** What is not part of the fact. */
export interface EnvelopeMetadata {
  /** Of the request that caused it. 1 to 128 letters, digits, ".", "_", ":" or "-". */
  readonly correlationId?: string;
  /** From then on it is of no use to act on it: it is neither published nor handled. ISO 8601, with an offset or Z. */
  readonly expiresAt?: string;
  /** How sensitive the data is, e.g. `restricted`. Events of each sensitivity have a bus of their own. A name of 1 to 100 characters. */
  readonly sensitivity?: string;
}

/**
 * A domain event as it travels. The `id` is the publisher's own and stays the same however often the event is published
 * again or redriven, unlike the ids that a bus or a queue gives it.
 */
export interface Envelope<D = unknown> {
  /** Unique for the fact. 1 to 200 characters. */
  readonly id: string;
  /** What happened, e.g. `profile.updated`. 1 to 128 characters, EventBridge's limit. */
  readonly type: string;
  /** When it happened. ISO 8601, with an offset or Z. */
  readonly time: string;
  /** Anything that JSON holds as it is; null where there is nothing to say. */
  readonly data: D;
  readonly metadata?: EnvelopeMetadata;
}

/** An envelope and its JSON. */
export interface Sealed {
  readonly envelope: Envelope;
  readonly text: string;
}

/**
 * The most that an envelope has as JSON. EventBridge takes less than 1 MB, and what it delivers has a little around: an event
 * that just fits the bus does not fit the queue behind it.
 */
const MAX_BYTES = 1_000_000;

type Rule = readonly [isRight: (value: unknown) => boolean, expected: string];

const textUpTo = (characters: number): Rule => [
  (value) => typeof value === 'string' && value !== '' && value.length <= characters && value.isWellFormed(),
  `text of 1 to ${characters} characters`,
];
const matching = (pattern: RegExp, expected: string): Rule => [
  (value) => typeof value === 'string' && pattern.test(value),
  expected,
];
const INSTANT: Rule = [isInstant, 'a time such as 2026-03-04T05:06:07Z'];

const FIELDS: Readonly<Record<'id' | 'type' | 'time', Rule>> = {
  id: textUpTo(200),
  type: textUpTo(128),
  time: INSTANT,
};
const METADATA: Readonly<Record<keyof EnvelopeMetadata, Rule>> = {
  correlationId: matching(/^[A-Za-z0-9._:-]{1,128}$/, '1 to 128 letters, digits, ".", "_", ":" or "-"'),
  expiresAt: INSTANT,
  sensitivity: matching(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'a name of 1 to 100 letters, digits, ".", "_" or "-"',
  ),
};

/** Never with the value: it is content. */
const refuse = (problem: string, code = 'BAD_ENVELOPE'): never => {
  throw new FibrinError(code, problem);
};

function fieldsOf(value: unknown): Record<keyof typeof FIELDS, string> {
  const found = Object.entries(FIELDS).map(([name, [isRight, expected]]) => {
    const field = fieldOf(value, [name]);
    return isRight(field) ? [name, field] : refuse(`An event needs \`${name}\`, ${expected}`);
  });
  return Object.fromEntries(found) as Record<keyof typeof FIELDS, string>;
}

/** Null, which other languages write for what is not there, is nothing. */
function metadataOf(value: unknown): { readonly metadata?: EnvelopeMetadata } {
  const metadata = fieldOf(value, ['metadata']) ?? undefined;
  if (metadata === undefined) return {};
  if (typeof metadata !== 'object') return refuse('The `metadata` of an event is an object');
  const found = Object.entries(METADATA).flatMap(([name, [isRight, expected]]) => {
    const field = fieldOf(metadata, [name]) ?? undefined;
    if (field === undefined) return [];
    return isRight(field)
      ? [[name, field]]
      : refuse(`Expected \`metadata.${name}\` of an event to be ${expected}`);
  });
  return found.length > 0 ? { metadata: Object.fromEntries(found) as EnvelopeMetadata } : {};
}

function seal(value: unknown): Sealed {
  const fields = fieldsOf(value);
  const data = fieldOf(value, ['data']);
  if (data === undefined) return refuse('An event needs `data`, null where there is nothing to say');
  const problem = problemInData(data);
  if (problem) return refuse(`JSON does not hold the data of the event: ${problem}`);
  const envelope = { ...fields, data, ...metadataOf(value) };
  const text = JSON.stringify(envelope);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES)
    return refuse(
      `An event has at most ${MAX_BYTES} bytes as JSON, this one has ${bytes}`,
      'EVENT_TOO_LARGE',
    );
  return { envelope, text };
}

/** Without a field that readers leave out: it would be lost on the way without a word. */
function checkNames(value: unknown): void {
  const unknownOf = (object: unknown, known: readonly string[], prefix = '') =>
    Object.keys(object ?? {}).flatMap((name) => (known.includes(name) ? [] : [`${prefix}${name}`]));
  const [unknown] = [
    ...unknownOf(value, [...Object.keys(FIELDS), 'data', 'metadata']),
    ...unknownOf(fieldOf(value, ['metadata']), Object.keys(METADATA), 'metadata.'),
  ];
  if (unknown !== undefined)
    refuse(`An event has no field \`${unknown.slice(0, 100)}\`; put it into \`data\``);
}

/**
 * An envelope as it is to be published, with its JSON.
 * @throws {FibrinError} as `envelope`.
 */
export function sealEnvelope(value: unknown): Sealed {
  const sealed = seal(value);
  checkNames(value);
  return sealed;
}

/**
 * Makes the envelope of an event, and refuses what could not be published: what it gives can be published, and is what
 * `readEnvelope` gives at the other end.
 * @throws {FibrinError} `BAD_ENVELOPE` naming the field that is missing, wrong or unknown, or the data that JSON changes or drops
 * (undefined, a bigint, a `Date`, a cycle, …); `EVENT_TOO_LARGE` above 1,000,000 bytes of JSON.
 * @example
 * ```ts
 * const placed = envelope({
 *   id: 'order-7#placed',
 *   type: 'order.placed',
 *   time: '2026-03-04T05:06:07Z',
 *   data: { orderId: '7', total: 12 },
 *   metadata: { expiresAt: '2026-03-05T00:00:00Z' },
 * });
 * ```
 */
export const envelope = <D>(event: Envelope<D>): Envelope<D> => sealEnvelope(event).envelope as Envelope<D>;

/**
 * Reads an envelope out of parsed JSON. What its data holds is the consumer's to check. Fields that an envelope does not have
 * are left out, so that a publisher can add one before its consumers know it.
 * @throws {FibrinError} `BAD_ENVELOPE` naming what is missing or wrong, metadata too; `EVENT_TOO_LARGE`.
 */
export const readEnvelope = (value: unknown): Envelope => seal(value).envelope;

/** Whether an event is of no use any more: its `expiresAt` has come. @param now The wall clock, in milliseconds. */
export const isExpired = ({ metadata }: Envelope, now: number): boolean =>
  metadata?.expiresAt !== undefined && Date.parse(metadata.expiresAt) <= now;
