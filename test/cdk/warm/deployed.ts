import type { Stack } from 'aws-cdk-lib';
import { CfnResource } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { TemplateResource } from '../../../cdk/constructs/checks/rule.ts';
import type { Deployed, ScaledAction } from './model.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Entry {
  readonly Type: string;
  readonly Properties?: Fields;
}

const entriesOf = (stack: Stack): Readonly<Record<string, Entry>> =>
  Template.fromStack(stack).toJSON()['Resources'];

/** The resources of a stack, as rules take them. */
export function resourcesOf(stack: Stack): readonly TemplateResource[] {
  const paths = new Map(
    stack.node
      .findAll()
      .filter((construct) => CfnResource.isCfnResource(construct))
      .map((resource) => [stack.resolve(resource.logicalId) as string, resource.node.path]),
  );
  return Object.entries(entriesOf(stack)).map(([logicalId, { Type, Properties = {} }]) => ({
    path: paths.get(logicalId) ?? logicalId,
    logicalId,
    stack: stack.node.path,
    type: Type,
    properties: Properties,
  }));
}

const provisionedIn = (properties: Fields | undefined): number | undefined =>
  (properties?.['ProvisionedConcurrencyConfig'] as { ProvisionedConcurrentExecutions: number } | undefined)
    ?.ProvisionedConcurrentExecutions;

function unsupportedIn(fn: Fields | undefined): string | undefined {
  const kind = ['SnapStart', 'TenancyConfig', 'CapacityProviderConfig'].find(
    (name) => fn?.[name] !== undefined,
  );
  return kind && `InvalidParameterValueException: ${kind} is not supported with Provisioned Concurrency`;
}

interface ActionEntry {
  readonly ScheduledActionName: string;
  readonly Schedule: string;
  readonly Timezone?: string;
  readonly ScalableTargetAction: { readonly MinCapacity?: number; readonly MaxCapacity?: number };
}

const actionOf = ({
  ScheduledActionName: name,
  Schedule: schedule,
  Timezone: timeZone,
  ScalableTargetAction: { MinCapacity: min, MaxCapacity: max },
}: ActionEntry): ScaledAction => ({
  name,
  schedule,
  ...(timeZone !== undefined && { timeZone }),
  ...(min !== undefined && { min }),
  ...(max !== undefined && { max }),
});

/** What the model deploys for a stack with one alias. The version is that of the function's code. */
export function deployedOf(stack: Stack): Deployed {
  const entries = Object.entries(entriesOf(stack));
  const one = (type: string) => entries.find(([, { Type }]) => Type === type);
  const alias = one('AWS::Lambda::Alias')?.[1].Properties;
  const [versionId = '$LATEST', version] = one('AWS::Lambda::Version') ?? [];
  const fn = one('AWS::Lambda::Function')?.[1].Properties;
  const target = one('AWS::ApplicationAutoScaling::ScalableTarget')?.[1].Properties;
  const versionValue = provisionedIn(version?.Properties);
  const aliasValue = provisionedIn(alias);
  const unsupported = unsupportedIn(fn);
  return {
    version: alias?.['FunctionVersion'] === '$LATEST' ? '$LATEST' : versionId,
    initThrows: JSON.stringify(fn?.['Code'] ?? '').includes('throw'),
    weighted: alias?.['RoutingConfig'] !== undefined,
    ...(versionValue !== undefined && { versionValue }),
    ...(aliasValue !== undefined && { aliasValue }),
    ...(unsupported !== undefined && { unsupported }),
    ...(target && {
      target: {
        min: target['MinCapacity'] as number,
        max: target['MaxCapacity'] as number,
        actions: ((target['ScheduledActions'] ?? []) as ActionEntry[]).map(actionOf),
      },
    }),
  };
}
