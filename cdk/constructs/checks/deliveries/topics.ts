import type { Delivery } from '../delivery.ts';
import type { Resources } from '../references.ts';

const SNS = 'sns.amazonaws.com';

/** Of SNS: to subscribed queues and functions, and what could not be delivered to them. */
export const topicDeliveries = (resources: Resources): readonly Delivery[] =>
  resources.ofType('AWS::SNS::Subscription').flatMap((from) => {
    const source = resources.of(from, 'TopicArn');
    const to = resources.of(from, 'Endpoint');
    const queue = resources.of(from, 'RedrivePolicy', 'deadLetterTargetArn');
    return [
      ...(to ? [{ from, to, by: SNS, source, as: 'its endpoint', otherwise: 'no message arrives' }] : []),
      ...(queue
        ? [
            {
              ...{ from, to: queue, by: SNS, source, as: 'its dead-letter queue' },
              otherwise: 'messages that the endpoint does not take are lost',
            },
          ]
        : []),
    ];
  });
