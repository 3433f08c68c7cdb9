import { numberOr, propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

/** Four days. */
const DEFAULT_RETENTION_S = 345_600;

const retentionS = (queue: TemplateResource): number | undefined =>
  numberOr(propertyAt(queue, 'MessageRetentionPeriod'), DEFAULT_RETENTION_S);

function withoutRedrive(resources: Resources): readonly Finding[] {
  const mappings = resources.ofType('AWS::Lambda::EventSourceMapping');
  const queues = new Set(mappings.map((mapping) => resources.of(mapping, 'EventSourceArn')));
  return [...queues].flatMap((queue) => {
    if (queue?.type !== 'AWS::SQS::Queue' || propertyAt(queue, 'RedrivePolicy') !== undefined) return [];
    return [
      {
        resource: queue,
        message: `A function reads it, and it has no dead-letter queue: a message that fails is tried again until it is ${retentionS(queue) ?? '…'} s old, and then lost.`,
        fix: 'set `deadLetterQueue` of the queue.',
      },
    ];
  });
}

/** A message that fails for good has to end somewhere. */
export const QUEUE_FAILURES_LOST: CheckRule = {
  id: 'QueueFailuresLost',
  description: 'What a function fails to do for a queue is lost.',
  check: (all) => withoutRedrive(new Resources(all)),
};

/** A dead-letter queue keeps messages at least as long as its source: standard queues count from when a message was first sent. */
export const DEAD_LETTERS_EXPIRE: CheckRule = {
  id: 'DeadLettersExpire',
  description: 'A dead-letter queue keeps messages for a shorter time than its source.',
  check(all) {
    const resources = new Resources(all);
    return resources.ofType('AWS::SQS::Queue').flatMap((queue): readonly Finding[] => {
      const deadLetters = resources.of(queue, 'RedrivePolicy', 'deadLetterTargetArn');
      // A queue in order counts from when the message has come to it.
      if (deadLetters === undefined || (propertyAt(queue, 'FifoQueue') ?? false) !== false) return [];
      const [sourceS, keptS] = [retentionS(queue), retentionS(deadLetters)];
      if (sourceS === undefined || keptS === undefined || keptS >= sourceS) return [];
      return [
        {
          resource: deadLetters,
          message: `It keeps messages for ${keptS} s, and its source ${queue.path} for ${sourceS} s, both from when a message was first sent: one that waited there for ${keptS} s is deleted here at once.`,
          fix: `set \`retentionPeriod\` to at least ${sourceS} s, best to 14 days.`,
        },
      ];
    });
  },
};
