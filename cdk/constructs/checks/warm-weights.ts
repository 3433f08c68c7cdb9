import { listOf, Resources } from './references.ts';
import type { CheckRule, Finding } from './rule.ts';
import { ALIAS, fieldsOf, scaledBy, templateValue, warmTargets } from './warm-template.ts';

/** @see https://github.com/aws/serverless-application-model/issues/1296 */
export const WARM_CAPACITY_WEIGHTS: CheckRule = {
  id: 'WarmCapacityWeights',
  description:
    'An alias with provisioned concurrency shares its traffic between versions, which Lambda refuses.',
  check: (all) => {
    const resources = new Resources(all);
    const scaled = new Set(warmTargets(resources).flatMap((target) => scaledBy(target, resources)));
    return resources.ofType(ALIAS).flatMap((resource): readonly Finding[] => {
      const weights = listOf(fieldsOf(resource.properties['RoutingConfig'])['AdditionalVersionWeights']);
      const value = templateValue(resource);
      if (weights.length === 0 || (value === undefined && !scaled.has(resource))) return [];
      const got = weights.map((weight) => String(fieldsOf(weight)['FunctionWeight'])).join(', ');
      return [
        {
          resource,
          message: `expected no weights of an alias with provisioned concurrency, got ${got} for other versions beside ${
            value === undefined ? 'a schedule or policy' : String(value)
          }: Lambda refuses both together, and the rollback fails too`,
          fix: 'leave out the weights, or the provisioned concurrency',
        },
      ];
    });
  },
};
