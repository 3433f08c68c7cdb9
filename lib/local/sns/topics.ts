import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { type Delivery, deliver } from '../delivery.ts';
import type { Dispatch, Handover, Message } from '../handover.ts';
import { compileFilter } from './filter.ts';
import type { Notification, SubscriptionModel, TopicModel } from './model.ts';
import { messageFor } from './notification.ts';

export interface TopicsOptions {
  readonly topics: readonly TopicModel[];
  readonly dispatch: Dispatch;
  /** The platform's time: of the back-off. */
  readonly platform: Clock;
  /** The functions' own time: of the messages. */
  readonly clock: Clock;
  readonly random: Random;
}

export interface Topics {
  /** Takes what was published, and sends it to the subscriptions that want it. */
  publish(published: Omit<Notification, 'timestamp'>): void;
  /** Takes what a service of this run sends to a topic. */
  send(topicArn: string, message: Message): Handover;
  state(): object;
  stop(): void;
}

/**
 * SNS gives up what a queue or a function cannot take after so many retries, in 23 days.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
const RETRIES = 100_015;
const MAX_AGE_SECONDS = 23 * 86_400;

const activate = (model: SubscriptionModel) => ({
  model,
  wants: compileFilter(model),
  counts: { delivered: 0, filtered: 0, retries: 0, deadLettered: 0, dropped: 0 },
  lastError: undefined as string | undefined,
});

/**
 * The topics of the template with their subscriptions.
 * @throws {LocalRunError} naming the subscription, for a filter policy that SNS would refuse.
 */
export function createTopics({ topics, dispatch, platform, clock, random }: TopicsOptions): Topics {
  const live = new Map(
    topics.map((model) => [
      model.arn,
      { model, published: 0, subscriptions: model.subscriptions.map(activate) },
    ]),
  );
  const deliveries = new Set<Delivery>();

  function send(subscription: ReturnType<typeof activate>, notification: Notification): void {
    const { model, counts } = subscription;
    const message = messageFor(model, notification);
    const delivery = deliver({
      ...{ dispatch, platform, random, message, arn: model.endpoint },
      maximumRetryAttempts: RETRIES,
      maximumEventAgeSeconds: MAX_AGE_SECONDS,
      deadLetterQueue: model.deadLetterQueue,
      // It is the message that lies there, as it would have come.
      deadLetterAttributes: () => message.attributes ?? {},
      onRetry({ code, message: said }) {
        counts.retries++;
        subscription.lastError = `${code}: ${said}`;
      },
      onDeadLetter({ code, message: said }) {
        subscription.lastError = `${code}: ${said}`;
      },
    });
    deliveries.add(delivery);
    void delivery.done.then((outcome) => {
      deliveries.delete(delivery);
      counts[outcome === 'dead-lettered' ? 'deadLettered' : outcome]++;
    });
  }

  const publish: Topics['publish'] = (published) => {
    const topic = live.get(published.topicArn);
    if (topic === undefined) return;
    topic.published++;
    const { fifo, contentBasedDeduplication } = topic.model;
    const byContent = fifo && contentBasedDeduplication && published.deduplicationId === undefined;
    const notification: Notification = {
      ...published,
      ...(byContent && { deduplicationId: createHash('sha256').update(published.message).digest('hex') }),
      timestamp: new Date(clock.now()).toISOString(),
    };
    for (const subscription of topic.subscriptions) {
      if (subscription.model.protocol === 'none') continue;
      if (subscription.wants(notification)) send(subscription, notification);
      else subscription.counts.filtered++;
    }
  };

  return {
    publish,
    send(topicArn, { body, messageGroupId, messageDeduplicationId }) {
      const topic = live.get(topicArn);
      if (topic === undefined) {
        const message = `There is no topic ${topicArn}.`;
        return { kind: 'refused', code: 'NO_RESOURCE', message, retryable: false };
      }
      publish({
        ...{ messageId: random.token(), topicArn, message: body, subject: undefined, structure: undefined },
        ...{ attributes: {}, groupId: messageGroupId, deduplicationId: messageDeduplicationId },
      });
      return { kind: 'accepted' };
    },
    state: () => ({
      topics: [...live.values()].map(({ model, published, subscriptions }) => ({
        name: model.name,
        published,
        subscriptions: subscriptions.map(({ model: { protocolName, endpoint }, counts, lastError }) => ({
          ...{ protocol: protocolName, endpoint, ...counts, lastError },
        })),
      })),
    }),
    stop() {
      for (const delivery of deliveries) delivery.cancel();
    },
  };
}
