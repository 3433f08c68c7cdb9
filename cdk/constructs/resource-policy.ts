import { Annotations, Stack } from 'aws-cdk-lib';
import type { AddToResourcePolicyResult, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';

/** A queue or a key. */
export interface WithPolicy extends IConstruct {
  addToResourcePolicy(statement: PolicyStatement): AddToResourcePolicyResult;
}

/** Adds to the policy of a queue or a key. Warns where that is out of reach, since it is imported, with what has to be in it. */
export function allow(scope: Construct, resource: WithPolicy, statement: PolicyStatement): void {
  if (resource.addToResourcePolicy(statement).statementAdded) return;
  const json: unknown = Stack.of(scope).resolve(statement.toStatementJson());
  Annotations.of(scope).addWarningV2(
    `fibrin:policy:${resource.node.path}`,
    `The policy of ${resource.node.path} is not part of this app. Without this statement in it, events are lost: ${JSON.stringify(json)}`,
  );
}
