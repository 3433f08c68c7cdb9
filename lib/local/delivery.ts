import { type Clock, sleep } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { backoffMs } from './backoff.ts';
import type { Dispatch, Handover, Message } from './handover.ts';

/** Why an event did not reach its target. */
export interface DeliveryFailure {
  /** What the target said last. */
  readonly code: string;
  readonly message: string;
  /** Which limit of the retry policy ended it; undefined for an error that is not worth a retry. */
  readonly exhausted: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | undefined;
}

export interface DeliveryOptions {
  readonly dispatch: Dispatch;
  /** The target. */
  readonly arn: string;
  /** What it gets. A function is called for each attempt with its number, from 1. */
  readonly message: Message | ((attempt: number) => Message);
  /** Further attempts after the first. Integer, 0 to 185. */
  readonly maximumRetryAttempts: number;
  /** How long to go on, in the platform's time. Seconds, 60 to 86,400. */
  readonly maximumEventAgeSeconds: number;
  /** The ARN of the queue for what could not be delivered. Without one it is dropped, as on AWS. */
  readonly deadLetterQueue?: string | undefined;
  /** The attributes of the message in that queue. `retryAttempts` does not count the first attempt. */
  readonly deadLetterAttributes: (
    failure: DeliveryFailure,
    retryAttempts: number,
  ) => NonNullable<Message['attributes']>;
  /** The platform's time: of the back-off and of the event's age. */
  readonly platform: Clock;
  readonly random: Random;
  /** Called before each wait for a further attempt. `retryAttempt` counts from 1. */
  readonly onRetry?: (refusal: Refusal, retryAttempt: number, delayMs: number) => void;
  /** Called when the target is given up, with what the dead-letter queue said; undefined where there is none. */
  readonly onDeadLetter?: (
    failure: DeliveryFailure,
    retryAttempts: number,
    deadLetter: Handover | undefined,
  ) => void;
}

export type Refusal = Extract<Handover, { kind: 'refused' }>;

export interface Delivery {
  /** `dropped`: no queue took it either, or the delivery was cancelled. */
  readonly done: Promise<'delivered' | 'dead-lettered' | 'dropped'>;
  /** Ends the wait for the next attempt. An attempt that is under way is let finish. */
  cancel(): void;
}

/** With the jitter 450 s on average: AWS's 185 retries then take the 24 hours that AWS gives them. */
const MAX_DELAY_MS = 600_000;

/** The dead-letter attributes that EventBridge rules and EventBridge Scheduler have in common. */
export function commonDeadLetterAttributes(
  targetArn: string,
  failure: DeliveryFailure,
  retryAttempts: number,
): Record<string, string> {
  return {
    ERROR_CODE: failure.code,
    ERROR_MESSAGE: failure.message,
    ...(failure.exhausted !== undefined && { EXHAUSTED_RETRY_CONDITION: failure.exhausted }),
    RETRY_ATTEMPTS: String(retryAttempts),
    TARGET_ARN: targetArn,
  };
}

/** What a FIFO queue wants of a message. */
const keptOrder = ({ messageGroupId, messageDeduplicationId }: Message) => ({
  ...(messageGroupId !== undefined && { messageGroupId }),
  ...(messageDeduplicationId !== undefined && { messageDeduplicationId }),
});

async function run(options: DeliveryOptions, signal: AbortSignal): Promise<Awaited<Delivery['done']>> {
  const { dispatch, arn, platform, random, message, deadLetterQueue } = options;
  const endsAt = platform.now() + options.maximumEventAgeSeconds * 1_000;

  for (let attempt = 1; ; attempt++) {
    const sent = typeof message === 'function' ? message(attempt) : message;
    const outcome = await dispatch(arn, sent);
    if (outcome.kind === 'accepted') return 'delivered';

    const giveUp = async (exhausted: DeliveryFailure['exhausted']) => {
      const failure: DeliveryFailure = { code: outcome.code, message: outcome.message, exhausted };
      const deadLetter =
        deadLetterQueue === undefined
          ? undefined
          : await dispatch(deadLetterQueue, {
              body: sent.body,
              attributes: options.deadLetterAttributes(failure, attempt - 1),
              ...(deadLetterQueue.endsWith('.fifo') && keptOrder(sent)),
            });
      options.onDeadLetter?.(failure, attempt - 1, deadLetter);
      return deadLetter?.kind === 'accepted' ? 'dead-lettered' : 'dropped';
    };
    if (signal.aborted) return 'dropped';
    if (!outcome.retryable) return giveUp(undefined);
    if (attempt > options.maximumRetryAttempts) return giveUp('MaximumRetryAttempts');

    const delayMs = backoffMs(attempt, MAX_DELAY_MS, random);
    const leftMs = endsAt - platform.now();
    if (delayMs < leftMs) options.onRetry?.(outcome, attempt, delayMs);
    // What gets too old while it waits is given up when its age ends, not when the wait would have.
    await sleep(platform, Math.max(0, Math.min(delayMs, leftMs)), signal).catch(ignoreAbort(signal));
    if (signal.aborted) return 'dropped';
    if (delayMs >= leftMs) return giveUp('MaximumEventAgeInSeconds');
  }
}

const ignoreAbort = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted) throw error;
};

/**
 * Hands a message to a target as EventBridge does: what is refused and may succeed later is tried again with
 * exponential back-off and jitter, until the attempts or the event's age end; the rest goes to the dead-letter queue.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
 */
export function deliver(options: DeliveryOptions): Delivery {
  const cancelled = new AbortController();
  return { done: run(options, cancelled.signal), cancel: () => cancelled.abort() };
}
