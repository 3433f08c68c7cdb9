import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * Lets a role send to a queue, and use the queue's key for it, through SQS only. The CDK grants no key for a function's dead-letter
 * queue, and `kms:ReEncrypt*` and `kms:GenerateDataKey*` for a destination.
 */
export function grantSend(queue: IQueue, grantee: IGrantable): void {
  Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn] });
  const { encryptionMasterKey: key } = queue;
  if (key === undefined) return;
  const { urlSuffix } = Stack.of(queue);
  Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resourceArns: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `sqs.${queue.env.region}.${urlSuffix}` } },
  });
}

/** Where the records of failed asynchronous invocations go, each with the event and the error. */
export const failuresTo = (queue: IQueue): IDestination => ({
  bind(_scope, fn) {
    grantSend(queue, fn);
    return { destination: queue.queueArn };
  },
});
