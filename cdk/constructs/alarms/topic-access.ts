import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { refuse } from '../refuse.ts';
import { allow } from '../resource-policy.ts';

const CLOUDWATCH = new ServicePrincipal('cloudwatch.amazonaws.com');

/**
 * Lets the alarms of an account notify a topic: by the topic's policy, and by that of its key where it has one.
 *
 * The CDK does neither. Without the key, CloudWatch changes the alarm's state and the notification is lost. Without a statement
 * in the policy it is lost too once the topic has one of its own, such as that of `enforceSSL`: it takes the place of the
 * default, which lets the account's alarms in.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
export function letAlarmsNotify(scope: Construct, topic: ITopic): void {
  const { account, region } = topic.env;
  const conditions = {
    ArnLike: {
      'aws:SourceArn': Stack.of(topic).formatArn({
        ...{ account, region, service: 'cloudwatch', resource: 'alarm', resourceName: '*' },
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    },
    StringEquals: { 'aws:SourceAccount': account },
  };
  const { masterKey: key } = topic;
  if (key?.keyArn.endsWith('alias/aws/sns'))
    refuse(
      scope,
      `expected a topic that CloudWatch can notify, got ${topic.node.path} with the key alias/aws/sns, which lets no service in; ` +
        'use a key of your own',
    );
  const publish = {
    principals: [CLOUDWATCH],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions,
  };
  allow(scope, topic, new PolicyStatement(publish));
  if (key === undefined) return;
  const useKey = {
    principals: [CLOUDWATCH],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    // In the policy of a key, this key.
    resources: ['*'],
    conditions,
  };
  allow(scope, key, new PolicyStatement(useKey));
}
