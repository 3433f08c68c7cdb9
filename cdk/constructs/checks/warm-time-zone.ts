import { Resources } from './references.ts';
import type { CheckRule } from './rule.ts';
import { actionsIn, warmTargets } from './warm-template.ts';

export const WARM_CAPACITY_TIME_ZONE: CheckRule = {
  id: 'WarmCapacityTimeZone',
  description: 'A scheduled action of provisioned concurrency runs by UTC, since it names no time zone.',
  check: (all) =>
    warmTargets(new Resources(all)).flatMap((resource) =>
      actionsIn(resource)
        .filter(({ schedule, timeZone }) => timeZone === undefined && !schedule.startsWith('rate('))
        .map(({ name, schedule }) => ({
          resource,
          message: `expected a time zone of ${name}, got none beside ${schedule}, which then means UTC, in summer and winter`,
          fix: 'set `timeZone`; `TimeZone.ETC_UTC` if UTC is meant',
        })),
    ),
};
