import { App, Stack, TimeZone } from 'aws-cdk-lib';
import { Alias, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Finding } from '../../../cdk/constructs/checks/rule.ts';
import { WARM_CAPACITY_RULES } from '../../../cdk/constructs/checks/warm-rules.ts';
import { WarmCapacity } from '../../../cdk/constructs/warm-capacity.ts';
import type { WarmCapacityProps } from '../../../cdk/constructs/warm-capacity-props.ts';
import { Days, type WarmWindow } from '../../../cdk/constructs/warm-window.ts';
import { deployedOf, resourcesOf } from './deployed.ts';
import { type Deployed, type Outcome, WarmModel } from './model.ts';
import { type Period, PLAIN, runMinute, Timetable } from './simulate.ts';

/** A week of January from Monday, in which no clock changes. */
export const WEEK: Period = { startMs: Date.parse('2026-01-12T00:00Z'), minutes: 7 * 24 * 60 };
const DAY = 24 * 60;
/** Minutes of that week by UTC. In Berlin it is an hour later. */
export const MONDAY_NOON: number = 12 * 60;
export const MONDAY_NIGHT: number = 22 * 60;
export const TUESDAY_NOON: number = DAY + 12 * 60;

export const BERLIN_HOURS: WarmWindow = {
  days: Days.MONDAY_TO_FRIDAY,
  from: '08:00',
  to: '18:00',
  environments: 10,
  timeZone: TimeZone.EUROPE_BERLIN,
};

export const newStack = (): Stack =>
  new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Shop', {
    env: { region: 'eu-west-1', account: '123456789012' },
  });

/** A function whose versions differ by a number. */
export const newFunction = (stack: Stack, version = 1, code = 'exports.handler = async () => 0;') =>
  new LambdaFunction(stack, 'Charge', {
    code: Code.fromInline(`${code} // ${version}`),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });

export const newAlias = (
  stack: Stack,
  version = 1,
  provisionedConcurrentExecutions?: number,
  code?: string,
): Alias =>
  new Alias(stack, 'Live', {
    aliasName: 'live',
    version: newFunction(stack, version, code).currentVersion,
    ...(provisionedConcurrentExecutions !== undefined && { provisionedConcurrentExecutions }),
  });

/** The app as it should be. */
export function warmStack(version = 1, props: Partial<WarmCapacityProps> = {}, code?: string): Stack {
  const stack = newStack();
  new WarmCapacity(stack, 'Warm', {
    alias: newAlias(stack, version, undefined, code),
    windows: [BERLIN_HOURS],
    ...props,
  });
  return stack;
}

/** What was made with the plain CDK. */
export function plainStack(build: (stack: Stack) => void): Stack {
  const stack = newStack();
  build(stack);
  return stack;
}

/** What rules find, as they report it. */
export const findingsIn = (stack: Stack): readonly string[] => {
  const resources = resourcesOf(stack);
  return WARM_CAPACITY_RULES.flatMap(({ id, check }) =>
    check(resources).map(
      ({ resource, message, fix }: Finding) => `${id}: ${resource.path}: ${message}; ${fix}`,
    ),
  );
};

export interface WeekRun {
  readonly model: WarmModel;
  /** Of the deployments, in order. */
  readonly outcomes: readonly Outcome[];
  /** Environments that were ready, at each minute. */
  readonly ready: readonly number[];
}

/** Runs the week with stacks deployed at minutes, the first of them at the start. */
export function runWeek(
  first: Stack,
  later: Readonly<Record<number, Stack>> = {},
  until = WEEK.minutes,
): WeekRun {
  const model = new WarmModel();
  const deployments = new Map(
    Object.entries({ ...later, 0: first }).map(([minute, stack]) => [Number(minute), deployedOf(stack)]),
  );
  const outcomes: Outcome[] = [];
  const ready: number[] = [];
  let due = dueFor(undefined);
  for (let minute = 0; minute < until; minute += 1) {
    const next = deployments.get(minute);
    model.advance(minute);
    if (next) {
      const outcome = model.deploy(next);
      outcomes.push(outcome);
      if (outcome.error === undefined) due = dueFor(next);
    }
    runMinute(model, minute, due(minute));
    ready.push(model.warm);
  }
  return { model, outcomes, ready };
}

const dueFor = (deployed: Deployed | undefined) =>
  new Timetable(deployed?.target?.actions ?? []).during(WEEK, PLAIN);
