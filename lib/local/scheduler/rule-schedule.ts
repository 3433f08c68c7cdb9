import type { Clock } from '../../core/clock.ts';
import type { RuleModel } from '../events/model.ts';
import { LocalRunError } from '../problem.ts';
import { startDueTimes } from './due-times.ts';
import type { RunningSchedule } from './schedule.ts';
import { nextAfter, parseScheduleExpression } from './schedule-expression.ts';

export interface RuleScheduleOptions {
  /** The platform's time: of the schedule. */
  readonly platform: Clock;
  /** Sends the rule's targets the event of a time at which it is due. */
  readonly fire: (ruleArn: string, dueAt: number) => void;
}

function checkExpression(name: string, expression: string): void {
  let kind: string;
  try {
    kind = parseScheduleExpression(expression).kind;
  } catch (error) {
    throw new LocalRunError(`rule ${name}: ${(error as Error).message}`, error);
  }
  if (kind !== 'at') return;
  throw new LocalRunError(
    `rule ${name}: ${expression} is for EventBridge Scheduler; a rule takes rate(…) and cron(…)`,
  );
}

/**
 * Runs the schedule of a rule, in UTC. The first time of a rate is a period after the rule is created.
 * @throws {LocalRunError} naming the rule, for an expression that rules do not take.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
export function startRuleSchedule(
  { name, arn, enabled }: RuleModel,
  expression: string,
  { platform, fire }: RuleScheduleOptions,
): RunningSchedule {
  checkExpression(name, expression);
  let runs = 0;
  const after = (afterMs: number) => nextAfter(expression, 'UTC', afterMs);
  const first = enabled ? after(Math.floor(platform.now())) : undefined;
  const times = startDueTimes(first, after, platform, (dueAt) => {
    runs++;
    fire(arn, dueAt);
  });
  return {
    state() {
      const next = times.next();
      return {
        name,
        state: enabled ? 'ENABLED' : 'DISABLED',
        expression,
        timezone: 'UTC',
        next: next === undefined ? undefined : new Date(next).toISOString(),
        runs,
      };
    },
    stop: times.stop,
  };
}
