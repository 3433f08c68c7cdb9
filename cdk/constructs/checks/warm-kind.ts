import { Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';
import { ALIAS, scaledBy, templateValue, VERSION, warmTargets } from './warm-template.ts';

const FUNCTION = 'AWS::Lambda::Function';

/** Why a function or what is like one can have no provisioned concurrency. */
function kindOf({ type, properties }: TemplateResource): string | undefined {
  if (type.startsWith('AWS::Lambda::WebFunction')) return 'is a Web Function';
  if (type !== FUNCTION) return undefined;
  if (properties['SnapStart'] !== undefined) return 'has SnapStart';
  if (properties['TenancyConfig'] !== undefined) return 'has tenant isolation';
  return properties['CapacityProviderConfig'] === undefined ? undefined : 'runs on Managed Instances';
}

export const WARM_CAPACITY_KIND: CheckRule = {
  id: 'WarmCapacityKind',
  description: 'A kind of function has provisioned concurrency that cannot have any.',
  check: (all) => {
    const resources = new Resources(all);
    const functionsOf = (qualified: TemplateResource) =>
      resources.within(qualified.stack, qualified.properties['FunctionName']);
    const finding = (
      resource: TemplateResource,
      candidates: readonly TemplateResource[],
    ): readonly Finding[] => {
      const found = candidates.find((one) => kindOf(one) !== undefined);
      if (!found) return [];
      return [
        {
          resource,
          message: `expected provisioned concurrency of a function that can have it, got it of ${found.path}, which ${kindOf(found)}: Lambda refuses it`,
          fix: 'leave out the provisioned concurrency; Managed Instances scale by the limits of their own scaling configuration',
        },
      ];
    };
    return [
      ...[...resources.ofType(ALIAS), ...resources.ofType(VERSION)]
        .filter((one) => templateValue(one) !== undefined)
        .flatMap((one) => finding(one, functionsOf(one))),
      ...warmTargets(resources).flatMap((target) =>
        finding(target, [
          ...scaledBy(target, resources).flatMap(functionsOf),
          ...resources.within(target.stack, target.properties['ResourceId']),
        ]),
      ),
    ];
  },
};
