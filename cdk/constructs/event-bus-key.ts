import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { allow } from './resource-policy.ts';

const EVENTS = new ServicePrincipal('events.amazonaws.com');
const CONTEXT = 'kms:EncryptionContext:aws:events:event-bus:arn';

/**
 * Lets EventBridge use a key for a bus and its archive. The CDK's `Archive` names the bus by reference, which is a circle where bus and
 * archive have the same key.
 * @param busArn Without a reference to the bus.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
 */
export function letArchive(scope: Construct, key: IKey, busArn: string): void {
  allow(
    scope,
    key,
    new PolicyStatement({
      principals: [EVENTS],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      // In the policy of a key, this key.
      resources: ['*'],
      conditions: { StringEquals: { [CONTEXT]: busArn } },
    }),
  );
  // What comes without an encryption context, so that the CDK's condition for a bus is never met.
  allow(
    scope,
    key,
    new PolicyStatement({ principals: [EVENTS], actions: ['kms:DescribeKey'], resources: ['*'] }),
  );
}

/**
 * Lets EventBridge encrypt the log of a bus, and the log service decrypt it.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-bus-logs.html
 */
export function letLog(scope: Construct, key: IKey): void {
  const conditions = {
    StringLike: {
      'kms:EncryptionContext:SourceArn': Stack.of(scope).formatArn({ service: 'logs', resource: '*' }),
    },
  };
  allow(
    scope,
    key,
    new PolicyStatement({
      principals: [EVENTS],
      actions: ['kms:GenerateDataKey'],
      resources: ['*'],
      conditions,
    }),
  );
  allow(
    scope,
    key,
    new PolicyStatement({
      principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
      conditions,
    }),
  );
}
