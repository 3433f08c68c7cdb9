import { InvalidOptionError } from '../core/errors.ts';
import { fieldOf } from '../core/field.ts';
import { type HeaderEvent, headerValues } from '../core/http-event.ts';
import { unwrapSns } from '../core/sns.ts';
import { IdempotencyKeyError } from './errors.ts';

/** What a request of API Gateway (v1, v2), a function URL or a load balancer brings, as far as keys need it. */
export interface HttpEvent extends HeaderEvent {
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** A string of RFC 8941, as the IETF draft writes a key. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
/** A comma would join two headers: format 2.0 has one that was sent twice so. */
const BARE = /^[!#-+\--~][!-+\--~]*$/;

/** The key in the value of a header. Undefined for one that is malformed. */
function keyIn(value: string): string | undefined {
  const quoted = QUOTED.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1');
  return quoted ?? (value === '' || BARE.test(value) ? value : undefined);
}

/**
 * Takes the key from a request header, whatever the case of its name. A quoted string, as the IETF draft writes it, and
 * a bare one are the same key. A bare one has no spaces, no commas, and no quote at its start.
 * @throws {IdempotencyKeyError} (400) when it is missing, empty, there more than once, over 255 characters or malformed.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function header(name: string): (event: HttpEvent) => string {
  return (event) => {
    const values = headerValues(event, name);
    if (values.length > 1) {
      throw new IdempotencyKeyError(`The ${name} header must be there once, with one value`);
    }
    const key = keyIn(values[0]?.trim() ?? '');
    if (key === '') throw new IdempotencyKeyError(`The ${name} header is required`, true);
    if (key === undefined || key.length > 255) {
      throw new IdempotencyKeyError(
        `The ${name} header must be there once, with 1 to 255 printable ASCII characters: in quotes, or without spaces and commas`,
      );
    }
    return key;
  };
}

/** The body as an event has it, or as a parser before has left it. */
interface BodyEvent extends Pick<HttpEvent, 'isBase64Encoded'> {
  readonly body?: unknown;
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new IdempotencyKeyError(`${what} is not JSON`);
  }
}

/** The JSON of a body, decoded where the gateway sends it as base64. Undefined where there is no body. */
function bodyOf({ body, isBase64Encoded }: BodyEvent): unknown {
  if (typeof body !== 'string') return body;
  if (body === '') return undefined;
  return parsed(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString('utf8'), 'The body');
}

/**
 * Takes a key, or a part of one, from a JSON body by a path such as `order.id`. Undefined where there is none, or no body.
 * Takes a body that was parsed before as it is, for example by `@middy/http-json-body-parser`.
 * @throws {IdempotencyKeyError} (400) for a body that is not JSON.
 */
export function bodyField(path: string): (event: BodyEvent) => unknown {
  const steps = path.split('.');
  return (event) => fieldOf(bodyOf(event), steps);
}

/** An event as EventBridge delivers it, as far as keys need it. */
export interface BusEvent {
  readonly id?: string;
  readonly detail?: unknown;
}

/** A message of a queue, as far as keys need it. */
export interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle?: string;
  readonly body: string;
}

const ENVELOPE = (where: string): string =>
  `${where} has no \`id\` of its publisher's; publish an envelope, or choose another key`;

/**
 * The id that the publisher gave an event, out of its envelope: `detail.id`. The id that EventBridge gives is another one
 * after a republish, so it is no key.
 * @throws {IdempotencyKeyError} where there is none.
 */
export function envelopeId({ detail }: BusEvent): string {
  const id = fieldOf(detail, ['id']);
  if (typeof id === 'string' && id !== '') return id;
  throw new IdempotencyKeyError(ENVELOPE('The detail of the event'));
}

/**
 * The id that the publisher gave an event, out of a message: of an event that a rule sent to the queue (`detail.id`), or of
 * an envelope that is the message. The messageId is another one after a redrive, so it is no key.
 * @throws {IdempotencyKeyError} where there is none.
 */
export function recordEnvelopeId({ body }: QueueRecord): string {
  const message = unwrapSns(parsed(body, 'The body of the message'));
  const id = fieldOf(message, ['detail', 'id']) ?? (fieldOf(message, ['type']) && fieldOf(message, ['id']));
  if (typeof id === 'string' && id !== '') return id;
  throw new IdempotencyKeyError(ENVELOPE('The body of the message'));
}

/** An id of the transport's, which changes when a message is redriven or an event is published again. */
const DELIVERY_IDS = { messageId: 'a redrive', id: 'a republish' } as const;

/**
 * A key that is the transport's: `messageId` of a queue, `id` of EventBridge. It finds repeated deliveries only, not what is
 * redriven or published again, so the caller has to say that this is enough.
 * @throws {InvalidOptionError} without `{ acceptRepetitionAfterRedrive: true }`.
 */
export function deliveryId<N extends keyof typeof DELIVERY_IDS>(
  name: N,
  { acceptRepetitionAfterRedrive }: { readonly acceptRepetitionAfterRedrive?: boolean } = {},
): (event: Readonly<Record<N, string>>) => string {
  if (acceptRepetitionAfterRedrive !== true) {
    throw new InvalidOptionError(
      `deliveryId: \`${name}\` is another one after ${DELIVERY_IDS[name]}; use the id of the envelope, or pass { acceptRepetitionAfterRedrive: true }`,
    );
  }
  return (event) => event[name];
}

/** The notification of a schedule that brings no input of its own. */
export interface ScheduleEvent {
  readonly resources?: readonly string[];
  readonly time?: string;
}

/**
 * The schedule and the time for which it was due: the same however often it is delivered.
 * @throws {IdempotencyKeyError} for an event that is no schedule's.
 */
export function scheduledTime({ resources, time }: ScheduleEvent): readonly string[] {
  const [schedule] = resources ?? [];
  if (schedule === undefined || time === undefined) {
    throw new IdempotencyKeyError(
      'The event is no notification of a schedule; one with an input of its own can bring <aws.scheduler.scheduled-time>',
    );
  }
  return [schedule, time];
}
