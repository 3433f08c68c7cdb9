import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { rightsOf, statementsOf } from './rights.ts';

/** Of tables as they are deployed. */
export const TABLE = 'AWS::DynamoDB::GlobalTable';

/** A table in a stack, and a role that it may grant rights to. */
export function tableStack<T>(make: (stack: Stack) => T) {
  const stack = new Stack(new App(), 'Shop', { env: { region: 'eu-west-1' } });
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const table = make(stack);
  return { stack, role, table, template: () => Template.fromStack(stack) };
}

/** What the role may do after a grant. */
export function rightsBy<T>(make: (stack: Stack) => T, grant: (table: T, role: Role) => void) {
  const { table, role, template } = tableStack(make);
  grant(table, role);
  return rightsOf(statementsOf(template()));
}
