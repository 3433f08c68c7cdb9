import { Stack } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { DeadLetterQueue, type ResilientFunction } from 'fibrin/cdk';

/** Each dead-letter queue of a stack, by its path in it: `Events.Updates.Undelivered`. To be called when all of them are there. */
export const deadLetterQueuesOf = (stack: Stack): readonly (readonly [string, DeadLetterQueue])[] =>
  stack.node.findAll().flatMap((construct) => {
    if (!(construct instanceof DeadLetterQueue)) return [];
    const path = construct.node.scopes.slice(stack.node.scopes.length);
    return [[path.map(({ node }) => node.id).join('.'), construct] as const];
  });

/** Lets a function see how many messages wait in the dead-letter queues of its stack. To be called when all of them are there. */
export function showDeadLetters(fn: ResilientFunction): void {
  const stack = Stack.of(fn);
  const queues = deadLetterQueuesOf(stack);
  for (const [, { queue }] of queues) queue.grant(fn, 'sqs:GetQueueAttributes');
  const urls = Object.fromEntries(queues.map(([name, { queue }]) => [name, queue.queueUrl]));
  fn.function.addEnvironment('DEAD_LETTER_QUEUES', stack.toJsonString(urls));
}

/** Lets a function see how many environments are kept ready for another one. */
export function showWarmCapacity(fn: ResilientFunction, { alias, function: warm }: ResilientFunction): void {
  Grant.addToPrincipal({
    grantee: fn,
    actions: ['lambda:GetProvisionedConcurrencyConfig'],
    resourceArns: [alias.functionArn],
  });
  fn.function.addEnvironment('WARM_FUNCTION', warm.functionName);
  fn.function.addEnvironment('WARM_ALIAS', alias.aliasName);
}
