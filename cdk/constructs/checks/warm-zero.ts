import { Resources } from './references.ts';
import type { CheckRule, Finding } from './rule.ts';
import { actionsIn, scaledBy, templateValue, warmTargets } from './warm-template.ts';

/** @see https://github.com/aws/aws-cdk/issues/29992 */
export const WARM_CAPACITY_ZERO: CheckRule = {
  id: 'WarmCapacityZero',
  description:
    'An alias whose template names provisioned concurrency is scaled to 0, and its next update fails.',
  check: (all) => {
    const resources = new Resources(all);
    return warmTargets(resources).flatMap((target): readonly Finding[] => {
      const alias = scaledBy(target, resources).find((one) => templateValue(one) !== undefined);
      if (!alias) return [];
      const limits = actionsIn(target).flatMap(({ name, min, max }) => [
        ...(min === 0 ? [`a minimum of 0 in ${name}`] : []),
        ...(max === 0 ? [`a maximum of 0 in ${name}`] : []),
      ]);
      const { MinCapacity: min, MaxCapacity: max } = target.properties;
      const zeros = [
        ...(min === 0 ? ['a minimum of 0'] : []),
        ...(max === 0 ? ['a maximum of 0'] : []),
        ...limits,
      ];
      if (zeros.length === 0) return [];
      return [
        {
          resource: target,
          message: `expected no 0 beside the ${String(templateValue(alias))} provisioned environments that the template gives ${alias.path}, got ${zeros.join(' and ')}: at 0 their configuration is gone, and the next update of the alias fails with ProvisionedConcurrencyConfigNotFoundException`,
          fix: 'leave the value out of the alias and let the schedule set it, or let the schedule go down to 1',
        },
      ];
    });
  },
};
