import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { EventEnvelope } from '../events/entries.ts';
import type { Dispatch } from '../handover.ts';
import type { BucketModel, ObjectChange } from './model.ts';
import { type ChangeContext, eventOf, recordOf, wants } from './records.ts';

export interface BucketsOptions {
  readonly buckets: readonly BucketModel[];
  readonly dispatch: Dispatch;
  /** Puts an event on the default bus. */
  readonly emit: (event: EventEnvelope) => void;
  /** The functions' own time: of the events. */
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly account: string;
}

export interface Buckets {
  /** Sends the events of a change. */
  changed(change: ObjectChange): void;
  state(): object;
}

/** Sends the events of the template's buckets. What a target refuses is dropped, and the state says so. */
export function createBuckets(options: BucketsOptions): Buckets {
  const { dispatch, emit, clock, random, region, account } = options;
  const live = new Map(
    options.buckets.map((model) => [
      model.name,
      { model, events: 0, refused: 0, lastError: undefined as string | undefined },
    ]),
  );
  let changes = 0;

  return {
    changed(change) {
      const bucket = live.get(change.bucket);
      if (bucket === undefined) return;
      const sequencer = (++changes).toString(16).toUpperCase().padStart(18, '0');
      const time = new Date(clock.now()).toISOString();
      const context: ChangeContext = { region, account, time, requestId: random.token(), sequencer };
      for (const notification of bucket.model.notifications.filter((each) => wants(each, change))) {
        bucket.events++;
        const body = JSON.stringify({ Records: [recordOf(change, notification.id, context)] });
        void dispatch(notification.targetArn, { body }).then((outcome) => {
          if (outcome.kind === 'accepted') return;
          bucket.refused++;
          bucket.lastError = `${notification.targetArn}: ${outcome.code}: ${outcome.message}`;
        });
      }
      if (!bucket.model.eventBridge) return;
      bucket.events++;
      emit(eventOf(change, bucket.model, context, random.token()));
    },
    state: () => ({
      buckets: [...live.values()].map(({ model, ...counts }) => ({ name: model.name, ...counts })),
    }),
  };
}
