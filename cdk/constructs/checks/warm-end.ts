import { Resources } from './references.ts';
import type { CheckRule, Finding } from './rule.ts';
import { actionsIn, warmTargets } from './warm-template.ts';

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** @see https://github.com/aws/aws-cdk/issues/30503 */
export const WARM_CAPACITY_END: CheckRule = {
  id: 'WarmCapacityEnd',
  description: 'Provisioned concurrency stays after its window, since no scheduled action lowers it.',
  check: (all) =>
    warmTargets(new Resources(all)).flatMap((resource): readonly Finding[] => {
      const outside = resource.properties['MinCapacity'];
      const actions = actionsIn(resource).filter(({ min, max }) => min !== undefined || max !== undefined);
      const raising = actions.find(({ min }) => isNumber(min) && isNumber(outside) && min > outside);
      // What lowers the capacity is the maximum; the minimum only lets it be lowered.
      const level = raising?.min;
      if (!raising || actions.some(({ max }) => isNumber(max) && isNumber(level) && max < level)) return [];
      return [
        {
          resource,
          message: `expected an action that lowers again what ${raising.name} raises to ${String(level)}, got none with a maximum below it: ${String(level)} environments stay, and are paid for, after the window has ended`,
          fix: 'add an action for the end of the window, with a minimum and a maximum',
        },
      ];
    }),
};
