import { isRecord } from '#core/property';
import { endOf, listOf, type Resources } from './references.ts';
import type { TemplateResource } from './rule.ts';

export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

export const ALIAS = 'AWS::Lambda::Alias';
export const VERSION = 'AWS::Lambda::Version';

/** What scales the provisioned concurrency of functions. */
export const warmTargets = (resources: Resources): readonly TemplateResource[] =>
  resources
    .ofType('AWS::ApplicationAutoScaling::ScalableTarget')
    .filter(({ properties }) => properties['ServiceNamespace'] === 'lambda');

/** The aliases and versions whose provisioned concurrency a target scales. */
export function scaledBy(target: TemplateResource, resources: Resources): readonly TemplateResource[] {
  const id = target.properties['ResourceId'];
  const named = resources.within(target.stack, id);
  const direct = named.filter(({ type }) => type === ALIAS || type === VERSION);
  if (direct.length > 0) return direct;
  // By the name of a function and that of its alias.
  return resources
    .ofType(ALIAS)
    .filter(
      (alias) =>
        alias.stack === target.stack &&
        endOf(id).endsWith(`:${String(alias.properties['Name'])}`) &&
        resources.within(alias.stack, alias.properties['FunctionName']).some((fn) => named.includes(fn)),
    );
}

/** Whether a target scales what was never published, by the text of its id. */
export const scalesLatest = (target: TemplateResource): boolean =>
  endOf(target.properties['ResourceId']).endsWith(':$LATEST');

/** The provisioned concurrency that the template gives an alias or a version. */
export const templateValue = ({ properties }: TemplateResource): unknown =>
  fieldsOf(properties['ProvisionedConcurrencyConfig'])['ProvisionedConcurrentExecutions'];

export interface ScheduledAction {
  readonly name: string;
  readonly schedule: string;
  readonly timeZone: unknown;
  readonly min: unknown;
  readonly max: unknown;
}

export const actionsIn = ({ properties }: TemplateResource): readonly ScheduledAction[] =>
  listOf(properties['ScheduledActions']).map((action) => {
    const { ScheduledActionName, Schedule, Timezone, ScalableTargetAction } = fieldsOf(action);
    const { MinCapacity, MaxCapacity } = fieldsOf(ScalableTargetAction);
    return {
      name: String(ScheduledActionName),
      schedule: String(Schedule),
      timeZone: Timezone,
      min: MinCapacity,
      max: MaxCapacity,
    };
  });
