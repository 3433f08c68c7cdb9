import { type Clock, sleep } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { backoffMs } from '../backoff.ts';
import type { CompiledPattern } from '../events/pattern/model.ts';
import type { InvocationResult } from '../lambda/result.ts';
import { LocalRunError } from '../problem.ts';
import { runBatch } from './batch.ts';
import { callInTens } from './client.ts';
import { gather, type Held, inPayloads } from './gather.ts';
import type { Sqs } from './server.ts';

/** An event source mapping from a queue to a function. Its times are those of the template, whatever the scale. */
export interface SqsMappingModel {
  readonly queueArn: string;
  readonly functionArn: string;
  /** 1 to 10; up to 10,000 with a batching window on a standard queue. Lambda's default is 10. */
  readonly batchSize: number;
  /** 0 to 300. */
  readonly batchingWindowSeconds: number;
  readonly reportBatchItemFailures: boolean;
  /** 2 to 1,000. Default 5, with which Lambda begins and beyond which nothing here scales. */
  readonly maximumConcurrency?: number;
  /** One of them must match; all messages do when there is none. What does not match is deleted. */
  readonly filters: readonly CompiledPattern[];
  readonly enabled: boolean;
}

export interface SqsMappingOptions {
  readonly sqs: Sqs;
  readonly invoke: (payload: string) => Promise<InvocationResult>;
  readonly region: string;
  /** The platform's time, of the same scale as the queues'. */
  readonly platform: Clock;
  readonly random: Random;
}

export interface SqsMappingState {
  readonly polls: number;
  /** Batches that the function has answered, and the messages in them. */
  readonly batches: number;
  readonly records: number;
  /** Messages that the function failed. They stay in the queue. */
  readonly failures: number;
  /** Invocations that were refused because the concurrency is used up. */
  readonly throttles: number;
  /** Messages that were deleted because no filter lets them through. */
  readonly filtered: number;
  /** Batches that the function has now, or that wait for a throttled one. */
  readonly inFlight: number;
  /** Calls of SQS that went wrong, and what the last one said. */
  readonly callErrors: number;
  readonly lastCallError: string | undefined;
}

export interface SqsMapping {
  state(): SqsMappingState;
  /**
   * Ends polling at once and waits for no function: what one still works on is left to come back, as when a machine
   * is lost.
   */
  stop(): Promise<void>;
}

const DEFAULT_CONCURRENCY = 5;
const MAX_DELAY_MS = 20_000;
/** How often a delete is tried. What is not deleted after that comes back, which the function must bear anyhow. */
const DELETE_ATTEMPTS = 6;

/**
 * Polls a queue and invokes a function with batches of its messages, with the semantics of Lambda's event source
 * mapping. One loop receives; batches run beside each other up to the concurrency. A FIFO queue keeps a group back while one
 * of its messages is with the function, so that there are never more batches than groups.
 * @throws {LocalRunError} for a queue that is not there.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export function startSqsMapping(model: SqsMappingModel, options: SqsMappingOptions): SqsMapping {
  const { sqs, invoke, region, platform, random } = options;
  const { queueArn } = model;
  const queue = sqs.modelOf(queueArn);
  const queueUrl = sqs.urlOf(queueArn);
  if (queue === undefined || queueUrl === undefined)
    throw new LocalRunError(`${model.functionArn}: its event source ${queueArn} is not in the template`);

  const concurrency = model.maximumConcurrency ?? DEFAULT_CONCURRENCY;
  const count = { polls: 0, batches: 0, records: 0, failures: 0, throttles: 0, filtered: 0, callErrors: 0 };
  let lastCallError: string | undefined;
  let throttledInARow = 0;
  let wake = () => {};
  const running = new Set<Promise<void>>();
  const stopped = new AbortController();
  const { signal } = stopped;

  // Only the signal rejects a sleep, and each who pauses looks at it next.
  const pause = (delayMs: number): Promise<void> => sleep(platform, delayMs, signal).catch(() => undefined);
  const noteError = (error: unknown): void => {
    count.callErrors++;
    lastCallError = String(error);
  };

  /** Whether the messages are deleted; what the queue says otherwise is noted. */
  async function remove(messages: readonly Held[]): Promise<boolean> {
    const entries = messages.map(({ receiptHandle }) => ({ ReceiptHandle: receiptHandle }));
    for (let attempt = 1; ; attempt++) {
      try {
        await callInTens(sqs.endpoint, 'DeleteMessageBatch', queueUrl ?? '', entries);
        return true;
      } catch (error) {
        noteError(error);
        if (attempt >= DELETE_ATTEMPTS || signal.aborted) return false;
        await pause(backoffMs(attempt, MAX_DELAY_MS, random));
      }
    }
  }

  async function handle(batch: readonly Held[], visibilityTimeoutSeconds: number): Promise<void> {
    const { done, stay, failed, visibleInSeconds } = await runBatch({
      ...{ batch, visibilityTimeoutSeconds, invoke, platform, signal, pause },
      reportBatchItemFailures: model.reportBatchItemFailures,
      scale: sqs.scale,
      throttled(attempt) {
        count.throttles++;
        throttledInARow++;
        return backoffMs(attempt, MAX_DELAY_MS, random);
      },
      answered() {
        throttledInARow = 0;
        count.batches++;
        count.records += batch.length;
      },
    });
    count.failures += failed;
    const givenBack = stay.map((held) => ({
      receiptHandle: held.receiptHandle,
      visibleInSeconds: visibleInSeconds(held),
    }));
    await Promise.all([
      done.length > 0 ? remove(done) : undefined,
      // What cannot be given back comes back by itself, only later.
      givenBack.length > 0 ? sqs.giveBack(queueArn, givenBack).catch(noteError) : undefined,
    ]);
  }

  function start(batch: readonly Held[], visibilityTimeoutSeconds: number): void {
    const run = handle(batch, visibilityTimeoutSeconds).finally(() => {
      running.delete(run);
      wake();
    });
    running.add(run);
  }

  async function freePlace(): Promise<void> {
    while (running.size >= concurrency) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  async function poll(visibilityTimeoutSeconds: number): Promise<void> {
    let failedInARow = 0;
    while (!signal.aborted) {
      await freePlace();
      if (throttledInARow > 0) await pause(backoffMs(throttledInARow, MAX_DELAY_MS, random));
      try {
        const held = await gather({
          ...{ queueUrl: queueUrl ?? '', queueArn, region, platform, signal },
          ...{ endpoint: sqs.endpoint, scale: sqs.scale, filters: model.filters },
          ...{ batchSize: model.batchSize, batchingWindowSeconds: model.batchingWindowSeconds },
          onPoll: () => void count.polls++,
          async discard(messages) {
            if (await remove(messages)) count.filtered += messages.length;
          },
        });
        failedInARow = 0;
        for (const batch of inPayloads(held)) {
          await freePlace();
          start(batch, visibilityTimeoutSeconds);
        }
      } catch (error) {
        if (signal.aborted) break;
        noteError(error);
        await pause(backoffMs(++failedInARow, MAX_DELAY_MS, random));
      }
    }
  }

  const polling = model.enabled ? poll(queue.visibilityTimeoutSeconds) : Promise.resolve();
  return {
    state: () => ({ ...count, inFlight: running.size, lastCallError }),
    async stop() {
      stopped.abort();
      await polling;
      await Promise.all(running);
    },
  };
}
