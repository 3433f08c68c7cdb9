import type { Clock } from '../../core/clock.ts';
import { matches } from '../events/pattern/match.ts';
import type { CompiledPattern } from '../events/pattern/model.ts';
import { type ReceivedMessage, receive, SQS_BATCH } from './client.ts';
import { filterable, toRecord } from './record.ts';

/** A message that was received and is neither deleted nor given back. */
export interface Held {
  readonly messageId: string;
  readonly receiptHandle: string;
  /** The record as JSON, as it goes into the event. */
  readonly json: string;
  /** On the platform's monotonic clock. */
  readonly receivedAtMs: number;
}

export interface GatherOptions {
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly filters: readonly CompiledPattern[];
  readonly platform: Clock;
  readonly scale: number;
  readonly signal: AbortSignal;
  readonly onPoll: () => void;
  /** Deletes what no filter admits. Never rejects. */
  readonly discard: (messages: readonly Held[]) => Promise<void>;
}

/** The longest that SQS lets a receiver wait. */
const LONG_POLL_SECONDS = 20;
/** Lambda's limit on the payload of a synchronous invocation. */
const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;
/** What the event has around its records. */
const ENVELOPE_BYTES = 16;

const bytesOf = ({ json }: Held): number => Buffer.byteLength(json) + 1;

export const toPayload = (batch: readonly Held[]): string =>
  `{"Records":[${batch.map(({ json }) => json).join(',')}]}`;

/**
 * Waits for messages and gathers them until the batch is full, its payload is, or the batching window that the first
 * one opened is over.
 * @throws {SqsCallError} when SQS fails and nothing is held yet. What is held is never lost to a failure: it is returned.
 */
export async function gather(options: GatherOptions): Promise<readonly Held[]> {
  const { endpoint, queueUrl, queueArn, region, batchSize, filters, platform, scale, signal } = options;
  const held: Held[] = [];
  let bytes = ENVELOPE_BYTES;
  let endsAtMs = Number.POSITIVE_INFINITY;

  const split = (messages: readonly ReceivedMessage[]) => {
    const receivedAtMs = platform.monotonic();
    const refused: Held[] = [];
    for (const message of messages) {
      const record = toRecord(message, queueArn, region);
      const { messageId, receiptHandle } = record;
      const one: Held = { messageId, receiptHandle, json: JSON.stringify(record), receivedAtMs };
      if (filters.length > 0 && !filters.some((filter) => matches(filter, filterable(record)))) {
        refused.push(one);
        continue;
      }
      held.push(one);
      bytes += bytesOf(one);
    }
    if (held.length > 0) endsAtMs = Math.min(endsAtMs, receivedAtMs + options.batchingWindowSeconds * 1_000);
    return refused;
  };

  for (;;) {
    const leftSeconds = (endsAtMs - platform.monotonic()) / 1_000 / scale;
    const full = held.length >= batchSize || bytes >= MAX_PAYLOAD_BYTES;
    if (full || (held.length > 0 && (leftSeconds <= 0 || signal.aborted))) return held;
    try {
      options.onPoll();
      const received = await receive(
        endpoint,
        queueUrl,
        {
          max: Math.min(SQS_BATCH, batchSize - held.length),
          waitSeconds: Math.min(LONG_POLL_SECONDS, leftSeconds),
        },
        signal,
      );
      const refused = split(received);
      if (refused.length > 0) await options.discard(refused);
    } catch (error) {
      // Whatever is wrong will be so at the next poll too, with nothing in hand.
      if (held.length > 0) return held;
      throw error;
    }
  }
}

/** Cuts what was gathered into batches that fit into a payload each; one, but for messages of a megabyte. */
export function inPayloads(held: readonly Held[]): readonly (readonly Held[])[] {
  const batches: Held[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of held) {
    if (bytes + bytesOf(one) > MAX_PAYLOAD_BYTES) {
      batches.push([]);
      bytes = ENVELOPE_BYTES;
    }
    batches.at(-1)?.push(one);
    bytes += bytesOf(one);
  }
  return batches;
}
