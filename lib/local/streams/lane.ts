import { type Clock, sleep } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { backoffMs } from '../backoff.ts';
import type { InvocationResult } from '../lambda/result.ts';
import { failure } from '../lambda/result.ts';
import { type Batch, isFull, payloadOf, takeBatch, type Waiting } from './batch.ts';
import type { GivenUp } from './give-up.ts';
import type { StreamMappingModel } from './model.ts';
import { outcomeOf } from './outcome.ts';
import { afterFailure, MAX_DELAY_MS, maximumAgeMs } from './retry.ts';

/** What has happened so far, over all lanes of a mapping. */
export interface StreamCounts {
  batches: number;
  records: number;
  retries: number;
  failures: number;
  throttles: number;
  deadLettered: number;
  dropped: number;
}

export interface LaneOptions {
  readonly model: StreamMappingModel;
  readonly invoke: (payload: string) => Promise<InvocationResult>;
  /** Whether the on-failure destination has them now. */
  readonly giveUp: (given: GivenUp) => Promise<boolean>;
  readonly platform: Clock;
  readonly random: Random;
  readonly counts: StreamCounts;
  readonly signal: AbortSignal;
}

/** The records of one shard and its descendants, in order, one batch at a time. */
export interface Lane {
  add(items: readonly Waiting[]): void;
  /** Those that are not done, oldest first. A record leaves when it succeeded or was given up, never before. */
  readonly queue: readonly Waiting[];
  /** Settles after the signal. Rejects only for a defect. */
  readonly ended: Promise<void>;
}

/** Like the promise, but not longer than until the signal: the end of the run waits for no function. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

export function startLane(options: LaneOptions): Lane {
  const { model, platform, random, counts, signal } = options;
  const queue: Waiting[] = [];
  let wake = () => {};
  let freeSinceMs = platform.monotonic();
  signal.addEventListener('abort', () => wake(), { once: true });

  const somethingNew = (withinMs?: number) =>
    new Promise<void>((resolve) => {
      const cancel = withinMs === undefined ? () => {} : platform.after(withinMs, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  /** Until there is a batch: all that is there, or what a window has gathered. */
  const gather = async () => {
    while (!signal.aborted) {
      const [first] = queue;
      if (first === undefined) {
        await somethingNew();
        continue;
      }
      // What came while the function was busy is given a window too, which begins when it is done.
      const opensAtMs = Math.max(first.arrivedAtMs, freeSinceMs);
      const leftMs = opensAtMs + model.batchingWindowSeconds * 1_000 - platform.monotonic();
      if (leftMs <= 0 || isFull(queue, model.batchSize)) return;
      await somethingNew(leftMs);
    }
    signal.throwIfAborted();
  };

  const invoke = (batch: Batch) =>
    orAborted(
      options.invoke(payloadOf(batch)).catch((error: unknown) => failure('Unhandled', String(error))),
      signal,
    );

  const giveUp = async (given: GivenUp) => {
    const taken = await orAborted(options.giveUp(given), signal);
    counts[taken ? 'deadLettered' : 'dropped'] += given.items.length;
    queue.splice(0, given.items.length);
  };

  /** Waits before a further attempt, but not longer than the oldest record may be kept. */
  const backOff = async (items: readonly Waiting[], attempt: number) => {
    const oldestMs = platform.monotonic() - (items[0]?.arrivedAtMs ?? 0);
    const leftMs = Math.max(0, maximumAgeMs(model) - oldestMs);
    await sleep(platform, Math.min(backoffMs(attempt, MAX_DELAY_MS, random), leftMs), signal);
  };

  const succeeded = (count: number) => {
    counts.records += count;
    queue.splice(0, count);
  };

  /** Brings the first records to their end, in pieces where they fail. What is left of them is always at the front. */
  const work = async (whole: Batch) => {
    let todo: readonly Batch[] = [whole];
    let throttles = 0;
    let functionError: GivenUp['functionError'];
    for (let batch = todo[0]; batch !== undefined; batch = todo[0]) {
      const rest = todo.slice(1);
      const { items, invocations } = batch;
      const tooOldMs = platform.monotonic() - maximumAgeMs(model);
      const firstInTime = items.findIndex(({ arrivedAtMs }) => arrivedAtMs > tooOldMs);
      const expired = items.slice(0, firstInTime < 0 ? items.length : firstInTime);
      if (expired.length > 0) {
        await giveUp({ items: expired, condition: 'RecordAgeExceeded', invocations, functionError });
        const inTime = items.slice(expired.length);
        todo = inTime.length === 0 ? rest : [{ ...batch, items: inTime }, ...rest];
        continue;
      }

      const sequenceNumbers = items.map(({ sequenceNumber }) => sequenceNumber);
      const outcome = outcomeOf(await invoke(batch), sequenceNumbers, model.reportBatchItemFailures);
      if (outcome.kind === 'throttled') {
        counts.throttles++;
        await backOff(items, ++throttles);
        continue;
      }
      throttles = 0;
      if (invocations > 0) counts.retries++;
      if (outcome.kind === 'done') {
        succeeded(items.length);
        todo = rest;
        continue;
      }
      counts.failures++;
      functionError = outcome.functionError;
      succeeded(outcome.from);
      const tried: Batch = { ...batch, invocations: invocations + 1 };
      const next = afterFailure(tried, outcome.from, model);
      if (next.kind === 'exhausted') {
        const condition = 'RetryAttemptsExhausted';
        await giveUp({ items: next.items, condition, invocations: tried.invocations, functionError });
        todo = rest;
      } else {
        todo = [...next.batches, ...rest];
        await backOff(items.slice(outcome.from), next.batches[0]?.retries ?? 1);
      }
    }
  };

  const run = async () => {
    try {
      for (;;) {
        await gather();
        counts.batches++;
        await work(takeBatch(queue, model.batchSize));
        freeSinceMs = platform.monotonic();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };

  return {
    queue,
    add(items) {
      // One at a time: a call holds only so many arguments, and the first sweep of a table may bring more.
      for (const item of items) queue.push(item);
      wake();
    },
    ended: run(),
  };
}
