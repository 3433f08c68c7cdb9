import { type Clock, sleep } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { matches } from '../events/pattern/match.ts';
import type { Dispatch } from '../handover.ts';
import type { InvocationResult } from '../lambda/result.ts';
import { toWaiting } from './batch.ts';
import { giveUp } from './give-up.ts';
import { type Lane, type StreamCounts, startLane } from './lane.ts';
import type { StreamMappingModel } from './model.ts';
import type { Deliver, StreamSource } from './source.ts';

export interface StreamMappingOptions {
  readonly source: StreamSource;
  /** Invokes the function once, synchronously; throttles and errors are tried again here. */
  readonly invoke: (payload: string) => Promise<InvocationResult>;
  readonly dispatch: Dispatch;
  /** The time of back-off, batching windows and ages. */
  readonly platform: Clock;
  /** The functions' own time: how often the source is read, and what is written into a record. */
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
}

export interface StreamMappingState extends Readonly<StreamCounts> {
  /** Records that no filter admitted. */
  readonly filtered: number;
  /** Records that were read and are not done. */
  readonly waiting: number;
  /** How long the oldest of those has been waiting, in the platform's time. Milliseconds. */
  readonly iteratorAgeMs: number;
  /** Why the stream cannot be read at present. */
  readonly trouble: string | undefined;
}

export interface StreamMapping {
  state(): StreamMappingState;
  /** Ends everything but an invocation that is under way, whose result is dropped. */
  stop(): Promise<void>;
}

/**
 * Feeds a function from a stream as Lambda's event source mappings do: each shard in order, one batch at a time, and
 * a batch that fails holds up what is behind it until it succeeds, its attempts end or its records are too old.
 *
 * Resolves once the starting position is taken: from then on no change of the table is missed. With `LATEST`, changes
 * before that are none of the function's business. Records wait in memory, at most the 24 hours that a stream keeps
 * them. A shard is served one batch at a time, whatever `ParallelizationFactor` says.
 * @throws {LocalRunError} when the stream cannot be read at the start. Later it is tried again, and `state` says so.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export async function startStreamMapping(
  model: StreamMappingModel,
  options: StreamMappingOptions,
): Promise<StreamMapping> {
  const { source, platform, clock, random, region } = options;
  const { streamArn, filters } = model;
  const counts: StreamCounts = {
    batches: 0,
    records: 0,
    retries: 0,
    failures: 0,
    throttles: 0,
    deadLettered: 0,
    dropped: 0,
  };
  const lanes = new Map<string, Lane>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let filtered = 0;
  let trouble: string | undefined;

  const laneOf = (origin: string): Lane => {
    const worker =
      lanes.get(origin) ??
      startLane({
        ...{ model, invoke: options.invoke, platform, random, counts, signal },
        giveUp: (given) => giveUp(given, { ...options, model, signal }),
      });
    lanes.set(origin, worker);
    return worker;
  };

  const deliver: Deliver = ({ shardId, origin, records }) => {
    const wanted = records.filter(
      (record) => filters.length === 0 || filters.some((filter) => matches(filter, record)),
    );
    filtered += records.length - wanted.length;
    if (wanted.length === 0) return;
    const at = { shardId, arrivedAtMs: platform.monotonic(), region, streamArn };
    laneOf(origin).add(wanted.map((record) => toWaiting(record, at)));
  };

  const poll = async () => {
    while (!signal.aborted) {
      try {
        await sleep(clock, source.pollMs, signal);
        await source.read(deliver, signal);
        trouble = undefined;
      } catch (error) {
        if (!signal.aborted) trouble = error instanceof Error ? error.message : String(error);
      }
    }
  };

  let polling: Promise<void> = Promise.resolve();
  if (model.enabled) {
    await source.read(model.startingPosition === 'LATEST' ? () => undefined : deliver, signal);
    polling = poll();
  }

  return {
    state() {
      const waiting = [...lanes.values()].map(({ queue }) => queue);
      const oldest = Math.min(...waiting.map(([first]) => first?.arrivedAtMs ?? Number.POSITIVE_INFINITY));
      return {
        ...counts,
        filtered,
        waiting: waiting.reduce((total, queue) => total + queue.length, 0),
        iteratorAgeMs: Number.isFinite(oldest) ? platform.monotonic() - oldest : 0,
        trouble,
      };
    },
    async stop() {
      stopping.abort();
      await Promise.all([polling, ...[...lanes.values()].map(({ ended }) => ended)]);
    },
  };
}
