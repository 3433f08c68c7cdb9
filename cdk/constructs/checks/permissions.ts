import { isRecord } from '#core/property';
import { endOf, isChoice, listOf, propertyAt, type Resources } from './references.ts';
import type { TemplateResource } from './rule.ts';
import {
  type Access,
  type Answer,
  allows,
  every,
  isAccount,
  namesAction,
  type PlacedStatement,
  some,
} from './statement.ts';

const statementsIn = (stack: string, document: unknown): readonly PlacedStatement[] => {
  if (document === undefined) return [];
  const statements = isRecord(document) ? document['Statement'] : undefined;
  // A document that is not known may allow anything.
  return statements === undefined
    ? [{ stack, statement: undefined }]
    : listOf(statements).map((statement) => ({ stack, statement }));
};

/** Types of policies of resources, with the property that names for which. */
const RESOURCE_POLICIES: Readonly<Record<string, string>> = {
  'AWS::SQS::QueuePolicy': 'Queues',
  'AWS::SQS::QueueInlinePolicy': 'Queue',
  'AWS::SNS::TopicPolicy': 'Topics',
  'AWS::SNS::TopicInlinePolicy': 'TopicArn',
};

/** The policy of a queue or a topic. Empty: it has none of its own. */
export function policyOf(resources: Resources, of: TemplateResource): readonly PlacedStatement[] {
  return resources.ofType(...Object.keys(RESOURCE_POLICIES)).flatMap((policy) => {
    const named = listOf(propertyAt(policy, RESOURCE_POLICIES[policy.type] ?? ''));
    // It may be that of this one.
    if (isChoice(named)) return [{ stack: policy.stack, statement: undefined }];
    const isOfIt = named.some((one) => resources.at(policy.stack, one) === of);
    return isOfIt ? statementsIn(policy.stack, propertyAt(policy, 'PolicyDocument')) : [];
  });
}

/** Policies of AWS for functions, which let them write logs and traces, and read sources of events. */
const WITHOUT_DELIVERY =
  /service-role\/AWSLambda(Basic|VPCAccess|SQSQueue|DynamoDB|Kinesis|MSK)ExecutionRole$|CloudWatchLambdaInsightsExecutionRolePolicy$|AWSXRayDaemonWriteAccess$/;

function managedStatements(resources: Resources, role: TemplateResource): readonly PlacedStatement[] {
  return listOf(propertyAt(role, 'ManagedPolicyArns')).flatMap((arn) => {
    const managed = resources.at(role.stack, arn);
    if (managed) return statementsIn(managed.stack, propertyAt(managed, 'PolicyDocument'));
    return WITHOUT_DELIVERY.test(endOf(arn)) ? [] : [{ stack: role.stack, statement: undefined }];
  });
}

/** All that the policies of a role say. */
function statementsOfRole(resources: Resources, role: TemplateResource): readonly PlacedStatement[] {
  const inline = listOf(propertyAt(role, 'Policies')).flatMap((policy) =>
    statementsIn(role.stack, isRecord(policy) ? (policy['PolicyDocument'] ?? policy) : {}),
  );
  const attached = resources
    .ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy')
    .flatMap((policy) => {
      const roles = [...listOf(propertyAt(policy, 'Roles')), ...listOf(propertyAt(policy, 'RoleName'))];
      if (isChoice(roles)) return [{ stack: policy.stack, statement: undefined }];
      const isOfIt = roles.some((one) => resources.at(policy.stack, one) === role);
      return isOfIt ? statementsIn(policy.stack, propertyAt(policy, 'PolicyDocument')) : [];
    });
  return [...inline, ...attached, ...managedStatements(resources, role)];
}

/** Whether the policies of a role allow it something. */
export const roleMay = (resources: Resources, role: TemplateResource, access: Access): Answer =>
  some(statementsOfRole(resources, role).map((placed) => allows(resources, placed, access, false)));

/** Whether a policy of a resource allows something. */
export const policyLets = (
  resources: Resources,
  policy: readonly PlacedStatement[],
  access: Access,
): Answer => some(policy.map((placed) => allows(resources, placed, access, true)));

/** Whether the policy of a key leaves an action to the policies of the account's roles. */
function leavesToRoles(policy: readonly PlacedStatement[], action: string): Answer {
  return some(
    policy.map(({ statement }) => {
      if (!isRecord(statement)) return 'unknown';
      const { Effect: effect, Principal: principal } = statement;
      const accounts = listOf(isRecord(principal) ? principal['AWS'] : undefined);
      return effect === 'Allow' && accounts.some(isAccount) ? namesAction(statement, action) : 'no';
    }),
  );
}

/** Whether a principal may use a key: by its policy, or a role by its own where the key's leaves it to that. */
export function keyLets(resources: Resources, key: TemplateResource, access: Access): Answer {
  const policy = statementsIn(key.stack, propertyAt(key, 'KeyPolicy'));
  const { by, action } = access;
  const byKey = policyLets(resources, policy, access);
  if (typeof by === 'string') return byKey;
  return some([byKey, every([leavesToRoles(policy, action), roleMay(resources, by, access)])]);
}
