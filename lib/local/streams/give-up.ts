import { type Clock, sleep } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { backoffMs } from '../backoff.ts';
import type { Dispatch } from '../handover.ts';
import type { Waiting } from './batch.ts';
import type { StreamMappingModel } from './model.ts';
import { MAX_DELAY_MS } from './retry.ts';

export interface GivenUp {
  readonly items: readonly Waiting[];
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly invocations: number;
  readonly functionError: 'Unhandled' | undefined;
}

export interface GiveUpOptions {
  readonly model: Pick<StreamMappingModel, 'functionArn' | 'streamArn' | 'onFailure'>;
  readonly dispatch: Dispatch;
  readonly platform: Clock;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** A destination that says it may take it later is asked so often. */
const HAND_OVER_ATTEMPTS = 3;

const toTheSecond = (seconds: number | undefined) =>
  new Date((seconds ?? 0) * 1_000).toISOString().replace('.000Z', 'Z');

/** Where the records are, not what they hold: the receiver reads the stream while it still has them. */
function whereabouts(
  { items, condition, invocations, functionError }: GivenUp,
  options: GiveUpOptions,
): object {
  const { model, clock, random } = options;
  const first = items[0];
  const last = items.at(-1);
  return {
    requestContext: {
      requestId: random.token(),
      functionArn: model.functionArn,
      condition,
      approximateInvokeCount: invocations,
    },
    // What never reached the function has no response to report.
    ...(invocations > 0 && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(functionError !== undefined && { functionError }),
      },
    }),
    version: '1.0',
    timestamp: new Date(clock.now()).toISOString(),
    DDBStreamBatchInfo: {
      shardId: first?.shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: toTheSecond(first?.createdAtSeconds),
      approximateArrivalOfLastRecord: toTheSecond(last?.createdAtSeconds),
      batchSize: items.length,
      streamArn: model.streamArn,
    },
  };
}

/** Tells the on-failure destination of records that are not tried any more. Whether one took it over. */
export async function giveUp(given: GivenUp, options: GiveUpOptions): Promise<boolean> {
  const { model, dispatch, platform, random, signal } = options;
  if (model.onFailure === undefined) return false;
  const body = JSON.stringify(whereabouts(given, options));
  for (let attempt = 1; ; attempt++) {
    const answer = await dispatch(model.onFailure, { body });
    if (answer.kind === 'accepted') return true;
    if (!answer.retryable || attempt >= HAND_OVER_ATTEMPTS) return false;
    await sleep(platform, backoffMs(attempt, MAX_DELAY_MS, random), signal);
  }
}
