import { timeoutSOf } from './function-timeout.ts';
import { numberOr, propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

const DEFAULT_VISIBILITY_S = 30;

function findingsOf(resources: Resources, mapping: TemplateResource): readonly Finding[] {
  const queue = resources.of(mapping, 'EventSourceArn');
  if (queue?.type !== 'AWS::SQS::Queue') return [];
  const timeoutS = timeoutSOf(
    resources,
    resources.functionAt(mapping.stack, propertyAt(mapping, 'FunctionName')),
  );
  const windowS = numberOr(propertyAt(mapping, 'MaximumBatchingWindowInSeconds'), 0);
  const visibilityS = numberOr(propertyAt(queue, 'VisibilityTimeout'), DEFAULT_VISIBILITY_S);
  if (timeoutS === undefined || windowS === undefined || visibilityS === undefined) return [];
  const leastS = 6 * timeoutS + windowS;
  if (visibilityS >= leastS) return [];
  return [
    {
      resource: queue,
      message: `Its visibility timeout is ${visibilityS} s, less than ${leastS} s (6 × ${timeoutS} s of the function + ${windowS} s of the batching window): a message that is throttled or slow shows up again while it is worked on.`,
      fix: `set \`visibilityTimeout\` of the queue to at least ${leastS} s, or shorten the timeout of the function.`,
    },
  ];
}

/**
 * A queue hides a message while a function works on it and is throttled a few times.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const VISIBILITY_TIMEOUT: CheckRule = {
  id: 'VisibilityTimeout',
  description: 'A message shows up again while a function works on it.',
  check(all) {
    const resources = new Resources(all);
    return resources
      .ofType('AWS::Lambda::EventSourceMapping')
      .flatMap((mapping) => findingsOf(resources, mapping));
  },
};
