import type { CancelTimer, Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { backoffMs } from '../backoff.ts';
import type { Dispatch, Message } from '../handover.ts';
import { type DestinationCondition, deadLetterAttributes, destinationMessage } from './destination-record.ts';
import type { InvocationResult } from './result.ts';

/** How a function is invoked asynchronously. */
export interface AsyncOptions {
  /** As it appears in records, with the qualifier: `arn:…:function:name:$LATEST`. */
  readonly functionArn: string;
  /** Further attempts after a function error. Integer, 0 to 2; AWS's default is 2. */
  readonly maximumRetryAttempts: number;
  /** How long an event is kept, in the platform's time. Seconds, 60 to 21,600; AWS's default is 21,600. */
  readonly maximumEventAgeSeconds: number;
  /** Whether the function reserves a concurrency of 0: events are given up at once. Default false. */
  readonly closed?: boolean;
  /** The ARNs of the destinations. */
  readonly onFailure?: string | undefined;
  readonly onSuccess?: string | undefined;
  /** The ARN of the DeadLetterConfig. Gets the event beside the on-failure destination, where there are both. */
  readonly deadLetterQueue?: string | undefined;
  /** Never rejects. The request ID is the same for every attempt, as on Lambda. */
  readonly invoke: (
    payload: string,
    requestId: string,
    qualifier: string | undefined,
  ) => Promise<InvocationResult>;
  readonly dispatch: Dispatch;
  /** The platform's time: of delays and ages. */
  readonly platform: Clock;
  readonly random: Random;
}

export interface AsyncState {
  /** Accepted and not finished: waiting, or with the function. */
  readonly queued: number;
  /** Attempts that were scheduled after a function error. */
  readonly retries: number;
  /** Attempts that found no free concurrency. */
  readonly throttles: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of the failed ones those that neither a destination nor a dead-letter queue took. */
  readonly dropped: number;
  /** Records and dead letters that were refused. */
  readonly refused: number;
  /** The latest of them, the newest last. */
  readonly refusals: readonly string[];
}

export interface AsyncInvoker {
  /** Takes the event over and returns its request ID. @param qualifier The alias that was invoked. */
  accept(payload: string, qualifier?: string): string;
  state(): AsyncState;
  /** Forgets what waits. Whatever the function is still doing has no consequences any more. */
  stop(): void;
}

interface AcceptedEvent {
  readonly requestId: string;
  readonly payload: string;
  readonly qualifier: string | undefined;
  readonly expiresAt: number;
  invokeCount: number;
  /** In a row: an attempt that runs begins the back-off anew. */
  throttles: number;
  last: InvocationResult | undefined;
}

/** A minute before the first retry, two before the second. */
const RETRY_STEP_MS = 60_000;
const MAX_THROTTLE_DELAY_MS = 300_000;
const KEPT_REFUSALS = 10;

/**
 * Lambda's asynchronous invocation: function errors are tried again a few times, throttles until the event is too
 * old, and what became of it goes to the destinations and the dead-letter queue.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function asyncInvoker(options: AsyncOptions): AsyncInvoker {
  const { functionArn, platform, random, deadLetterQueue } = options;
  const counts = { queued: 0, retries: 0, throttles: 0, succeeded: 0, failed: 0, dropped: 0, refused: 0 };
  const refusals: string[] = [];
  const timers = new Set<CancelTimer>();
  let stopped = false;

  const later = (delayMs: number, run: () => Promise<void>) => {
    const cancel = platform.after(Math.max(0, delayMs), () => {
      timers.delete(cancel);
      void run();
    });
    timers.add(cancel);
  };

  const send = async (arn: string, message: Message): Promise<boolean> => {
    const outcome = await options.dispatch(arn, message);
    if (outcome.kind === 'accepted') return true;
    counts.refused++;
    refusals.push(`${arn}: ${outcome.code}: ${outcome.message}`);
    if (refusals.length > KEPT_REFUSALS) refusals.shift();
    return false;
  };

  const finish = async (event: AcceptedEvent, condition: DestinationCondition) => {
    const success = condition === 'Success';
    counts.queued--;
    counts[success ? 'succeeded' : 'failed']++;
    const finished = { ...event, functionArn, condition, finishedAtMs: platform.now() };
    const destination = success ? options.onSuccess : options.onFailure;
    const sent: Promise<boolean>[] = [];
    if (destination !== undefined) sent.push(send(destination, destinationMessage(destination, finished)));
    if (!success && deadLetterQueue !== undefined) {
      sent.push(send(deadLetterQueue, { body: event.payload, attributes: deadLetterAttributes(finished) }));
    }
    const kept = (await Promise.all(sent)).includes(true);
    if (!success && !kept) counts.dropped++;
  };

  const tryAgain = (event: AcceptedEvent, delayMs: number) => {
    const leftMs = event.expiresAt - platform.now();
    if (delayMs < leftMs) later(delayMs, () => attempt(event));
    else later(leftMs, () => finish(event, 'EventAgeExceeded'));
  };

  const attempt = async (event: AcceptedEvent): Promise<void> => {
    const result = await options.invoke(event.payload, event.requestId, event.qualifier);
    if (stopped) return;
    event.last = result;
    if (result.kind === 'throttled') {
      counts.throttles++;
      if (options.closed) return await finish(event, 'RetriesExhausted');
      event.throttles++;
      return tryAgain(event, backoffMs(event.throttles, MAX_THROTTLE_DELAY_MS, random));
    }
    event.throttles = 0;
    event.invokeCount++;
    if (result.kind === 'success') return await finish(event, 'Success');
    // Every run before this one failed too, so the runs are the attempts.
    if (event.invokeCount > options.maximumRetryAttempts) return await finish(event, 'RetriesExhausted');
    counts.retries++;
    tryAgain(event, event.invokeCount * RETRY_STEP_MS);
  };

  return {
    accept(payload, qualifier) {
      const requestId = random.token();
      const expiresAt = platform.now() + options.maximumEventAgeSeconds * 1_000;
      counts.queued++;
      later(0, () =>
        attempt({
          ...{ requestId, payload, qualifier, expiresAt },
          ...{ invokeCount: 0, throttles: 0, last: undefined },
        }),
      );
      return requestId;
    },
    state: () => ({ ...counts, refusals: [...refusals] }),
    stop() {
      stopped = true;
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}
