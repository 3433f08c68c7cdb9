import { type Clock, systemClock } from '../core/clock.ts';
import { FibrinError } from '../core/errors.ts';
import { fieldOf } from '../core/field.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { unwrapSns } from '../core/sns.ts';
import { type Envelope, isExpired, readEnvelope } from './envelope.ts';

/** The text that a record carries: of SQS, of SNS, or of Kinesis, which has it in base64. */
function textOf(record: unknown): string | undefined {
  const data = fieldOf(record, ['kinesis', 'data']);
  if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8');
  const text = fieldOf(record, ['body']) ?? fieldOf(record, ['Sns', 'Message']);
  return typeof text === 'string' ? text : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the parser's error, which quotes the text.
    throw new FibrinError('BAD_ENVELOPE', 'The record holds no JSON');
  }
}

/**
 * Reads the envelope that came with a record, whichever way: as the message itself, in an event that a rule of EventBridge sent on,
 * or in a notification of SNS with either of them; in a record of SQS, SNS or Kinesis, or as the event of the function.
 * @throws {FibrinError} `BAD_ENVELOPE` or `EVENT_TOO_LARGE` as `readEnvelope`, and where there is no JSON, or a whole batch.
 * @example
 * ```ts
 * export const handler = sqsBatch(async (record: QueueRecord, _context: RemainingTime) => {
 *   const { type, data } = recordEnvelope(record);
 *   console.log(type, data);
 * });
 * ```
 */
export function recordEnvelope(record: unknown): Envelope {
  if (Array.isArray(fieldOf(record, ['Records'])))
    throw new FibrinError('BAD_ENVELOPE', 'A batch is no record; put `sqsBatch` or `streamBatch` around');
  const text = textOf(record);
  const message = text === undefined ? record : unwrapSns(parsed(text));
  return readEnvelope(fieldOf(message, ['detail']) ?? message);
}

export interface EnvelopeHandlerOptions {
  /**
   * Receives each event that is not handled because it has expired. What it throws changes nothing. Default: one JSON line on stderr
   * with the event's id and type.
   */
  readonly onExpired?: (event: Envelope) => unknown;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** The listener of expired events, made safe. */
export function expiryListener(
  owner: string,
  { onExpired }: Pick<EnvelopeHandlerOptions, 'onExpired'>,
): (event: Envelope) => void {
  const logExpired = ({ id, type }: Envelope) =>
    console.error(JSON.stringify({ level: 'WARN', message: `${owner}: an event has expired`, id, type }));
  return safeListener(onExpired ?? logExpired, `${owner}: onExpired`);
}

/**
 * A handler of records, for `sqsBatch`, `streamBatch` or a function that a rule invokes, that is handed the envelope of each. An event
 * whose `expiresAt` has come is not handled: it is reported to `onExpired` and done, since to deliver it again would make it no younger.
 * @throws {InvalidOptionError} for an unknown option or a bad one.
 * @throws {FibrinError} from the handler, as `recordEnvelope`.
 * @example
 * ```ts
 * const store = memoryStore();
 * const ship = idempotent(
 *   { store, operation: 'ship', key: ({ id }: Envelope) => id },
 *   async ({ data }: Envelope, _context: RemainingTime) => console.log(data),
 * );
 * export const handler = sqsBatch(envelopeHandler(ship));
 * ```
 */
export function envelopeHandler<C>(
  handle: (event: Envelope, context: C) => Promise<unknown>,
  options: EnvelopeHandlerOptions = {},
): (record: object, context: C) => Promise<void> {
  checkOptions('envelopeHandler', { handle }, { required: { handle: rule.fn() } });
  checkOptions('envelopeHandler', options, { optional: { onExpired: rule.fn(), clock: rule.object() } });
  const { clock = systemClock } = options;
  const reportExpired = expiryListener('envelopeHandler', options);
  return async (record, context) => {
    const event = recordEnvelope(record);
    if (isExpired(event, clock.now())) reportExpired(event);
    else await handle(event, context);
  };
}
