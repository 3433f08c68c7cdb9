import { CfnResource, type Stack } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';

/** What emulators of CloudFormation refuse a template for. The app does its work without. */
const LACKING: readonly string[] = [
  // All of them are on metric math, and the dashboard shows them.
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Events::Archive',
  'AWS::Logs::Delivery',
  'AWS::Logs::DeliveryDestination',
  'AWS::Logs::DeliverySource',
];

interface PolicyDocument {
  readonly Statement: readonly { readonly Condition?: unknown }[];
}

/** Where the keys of a request are not known to an emulator, a condition on them refuses every request. */
function withoutKeys({ Statement, ...rest }: PolicyDocument): PolicyDocument {
  const statements = Statement.map(({ Condition, ...statement }) =>
    JSON.stringify(Condition)?.includes('dynamodb:LeadingKeys') ? statement : { ...statement, Condition },
  );
  return { ...rest, Statement: statements };
}

/** Emulators have no TLS, without which queues and topics refuse every request. */
function withoutTls({ Statement, ...rest }: PolicyDocument): PolicyDocument {
  const statements = Statement.filter(
    ({ Condition }) => !JSON.stringify(Condition)?.includes('aws:SecureTransport'),
  );
  return { ...rest, Statement: statements };
}

/** Takes out of a stack what emulators lack. To be called when the stack is complete. */
export function leaveOutWhatEmulatorsLack(stack: Stack): void {
  for (const construct of stack.node.findAll()) {
    if (CfnResource.isCfnResource(construct) && LACKING.includes(construct.cfnResourceType))
      construct.node.scope?.node.tryRemoveChild(construct.node.id);
    if (construct instanceof CfnPolicy)
      construct.policyDocument = withoutKeys(stack.resolve(construct.policyDocument));
    if (construct instanceof CfnQueuePolicy || construct instanceof CfnTopicPolicy)
      construct.policyDocument = withoutTls(stack.resolve(construct.policyDocument));
  }
}
