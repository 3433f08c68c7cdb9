import type { Clock } from '../../core/clock.ts';
import { failure, type InvocationResult } from '../lambda/result.ts';
import { failedOf } from './batch-response.ts';
import { type Held, toPayload } from './gather.ts';

export interface BatchOptions {
  readonly batch: readonly Held[];
  readonly reportBatchItemFailures: boolean;
  readonly visibilityTimeoutSeconds: number;
  readonly invoke: (payload: string) => Promise<InvocationResult>;
  readonly platform: Clock;
  readonly scale: number;
  readonly signal: AbortSignal;
  /** The wait before a further attempt of what was throttled, after so many of them; counts it too. */
  readonly throttled: (attempt: number) => number;
  /** Waits in the platform's time; resolves early when the mapping stops. */
  readonly pause: (delayMs: number) => Promise<void>;
  readonly answered: () => void;
}

/** What is to become of a batch. */
export interface BatchOutcome {
  readonly done: readonly Held[];
  readonly stay: readonly Held[];
  /** Of those that stay, how many because the function failed them. */
  readonly failed: number;
  /** How long a message stays away yet, in the platform's seconds. */
  readonly visibleInSeconds: (held: Held) => number;
}

/** Waits for a result until the signal aborts; then for nothing more, and leaves no listener behind. */
function unlessAborted(
  result: Promise<InvocationResult>,
  signal: AbortSignal,
): Promise<InvocationResult | undefined> {
  return new Promise((resolve) => {
    const onAbort = () => resolve(undefined);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // An invocation that rejects has gone wrong in a way of its own; the messages must not suffer for it.
    void result
      .catch((error: unknown) => failure('Runtime.Unknown', String(error)))
      .then((settled) => {
        signal.removeEventListener('abort', onAbort);
        resolve(settled);
      });
  });
}

/**
 * Gives a batch to the function and says what of it is done. While the function is throttled the batch is offered
 * again, as long as its visibility timeout lasts.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-backoff-strategy
 */
export async function runBatch(options: BatchOptions): Promise<BatchOutcome> {
  const { batch, platform, scale, signal } = options;
  const payload = toPayload(batch);
  // The function works at its own pace, so its time counts as it is; all the rest of the time is the platform's.
  let workedMs = 0;
  const visibleInSeconds = ({ receivedAtMs }: Held): number => {
    const passedMs = platform.monotonic() - receivedAtMs - workedMs + workedMs / scale;
    return Math.max(0, options.visibilityTimeoutSeconds - passedMs / 1_000);
  };
  const staying = (failed: number): BatchOutcome => ({ done: [], stay: batch, failed, visibleInSeconds });

  for (let attempt = 1; ; attempt++) {
    if (signal.aborted) return staying(0);
    const startedAtMs = platform.monotonic();
    const result = await unlessAborted(options.invoke(payload), signal);
    workedMs += platform.monotonic() - startedAtMs;

    if (result === undefined) return staying(0);
    if (result.kind === 'throttled') {
      const delayMs = options.throttled(attempt);
      if (delayMs / 1_000 >= Math.min(...batch.map(visibleInSeconds))) return staying(0);
      await options.pause(delayMs);
      continue;
    }
    options.answered();
    if (result.kind === 'error') return staying(batch.length);
    if (!options.reportBatchItemFailures) return { done: batch, stay: [], failed: 0, visibleInSeconds };
    const failed = failedOf(result.payload, new Set(batch.map(({ messageId }) => messageId)));
    const stay = batch.filter(({ messageId }) => failed.has(messageId));
    const done = batch.filter(({ messageId }) => !failed.has(messageId));
    return { done, stay, failed: stay.length, visibleInSeconds };
  }
}
