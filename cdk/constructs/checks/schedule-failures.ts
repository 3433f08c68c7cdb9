import { numberOr, propertyAt, Resources } from './references.ts';
import type { CheckRule } from './rule.ts';

/** What a schedule could not deliver has to end somewhere. */
export const SCHEDULE_FAILURES_LOST: CheckRule = {
  id: 'ScheduleFailuresLost',
  description: 'What a schedule cannot deliver is lost.',
  check(all) {
    const schedules = new Resources(all).ofType('AWS::Scheduler::Schedule');
    return schedules
      .filter((schedule) => propertyAt(schedule, 'Target', 'DeadLetterConfig') === undefined)
      .map((resource) => {
        const limit = (name: string, byDefault: number) =>
          numberOr(propertyAt(resource, 'Target', 'RetryPolicy', name), byDefault) ?? '…';
        const retries = limit('MaximumRetryAttempts', 185);
        const ageS = limit('MaximumEventAgeInSeconds', 86_400);
        return {
          resource,
          message: `It has no dead-letter queue: a run that its target does not take within ${retries} retries and ${ageS} s is lost.`,
          fix: 'set `deadLetterQueue` of the target of the schedule.',
        };
      });
  },
};
