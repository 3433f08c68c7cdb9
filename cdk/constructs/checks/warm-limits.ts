import { Resources } from './references.ts';
import type { CheckRule } from './rule.ts';
import { actionsIn, warmTargets } from './warm-template.ts';

export const WARM_CAPACITY_LIMITS: CheckRule = {
  id: 'WarmCapacityLimits',
  description: 'A scheduled action sets one limit of provisioned concurrency and keeps the other as it was.',
  check: (all) =>
    warmTargets(new Resources(all)).flatMap((resource) =>
      actionsIn(resource)
        .filter(({ min, max }) => (min === undefined) !== (max === undefined))
        .map(({ name, min, max }) => ({
          resource,
          message: `expected minimum and maximum of ${name}, got ${
            max === undefined ? `a minimum of ${String(min)}` : `a maximum of ${String(max)}`
          } alone: what an earlier action has set as the other may contradict it, and then it fails, or may keep the capacity where it was`,
          fix: 'give both',
        })),
    ),
};
