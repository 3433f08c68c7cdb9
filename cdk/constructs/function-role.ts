import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type IRole, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroupRef, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** A log that goes with the function: who deletes one deletes the other. */
export const functionLog = (scope: Construct, retention: RetentionDays = RetentionDays.ONE_MONTH): LogGroup =>
  new LogGroup(scope, 'Logs', { retention, removalPolicy: RemovalPolicy.DESTROY });

/** A role that may write to this log only. AWS's managed policy, which the CDK attaches, allows it for every log. */
export function functionRole(scope: Construct, log: ILogGroupRef, { vpc }: FunctionOptions): IRole {
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    ...(vpc && {
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole'),
      ],
    }),
  });
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [log.logGroupRef.logGroupArn],
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason: 'X-Ray knows no resource: xray:PutTraceSegments and xray:PutTelemetryRecords take * only.',
  });
  return role;
}
