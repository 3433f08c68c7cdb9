import { Stack, TimeZone } from 'aws-cdk-lib';
import { ScalableTarget, Schedule, ServiceNamespace } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { refuse } from './refuse.ts';
import { checkAlias } from './warm-alias.ts';
import type { WarmCapacityProps } from './warm-capacity-props.ts';
import { actionsOf, type WarmAction } from './warm-cron.ts';
import { compileWindows } from './warm-plan.ts';
import { checkedWindow } from './warm-window.ts';

const DIMENSION = 'lambda:function:ProvisionedConcurrency';
/** @see https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html */
const MAX_ACTIONS = 200;
/** Environments that Lambda starts for a function in a minute. */
const STARTS_PER_MINUTE = 6_000;
/** What an action may be late, and what a first environment takes to start. */
const MIN_LEAD_MINUTES = 5;

/** Aliases that have a schedule already. */
const scheduled = new WeakSet<Alias>();

/** The role that Application Auto Scaling has in each account for this, and makes where it is missing. */
const serviceRole = (construct: Construct) =>
  Role.fromRoleArn(
    construct,
    'Role',
    Stack.of(construct).formatArn({
      service: 'iam',
      region: '',
      resource: 'role/aws-service-role/lambda.application-autoscaling.amazonaws.com',
      resourceName: 'AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency',
    }),
  );

/**
 * Provisioned concurrency of an alias, by a schedule: as many environments as the windows of expected usage name are ready when a
 * window opens and until it closes, through changes of clocks and deployments.
 *
 * It closes what the CDK leaves open. The schedule alone sets the value, and the template has none: the next deployment of an alias
 * whose template names a value and whose schedule has gone to 0 fails. Each action has its time zone, a minimum and a maximum. The
 * level of the moment is stated every five minutes, so what a deployment, a failed action or an earlier schedule has left is put
 * right soon, a window that is open already when it is deployed too. No level begins or ends at a minute that a change of clocks
 * skips or repeats: such a window, say one that begins at 02:30 on Sundays, is warm for up to an hour more, each Sunday, and a
 * schedule that is deployed in that hour takes hold after it.
 *
 * With `tracking`, the schedule sets the minimum and the maximum of an open window, and target tracking moves in between, by the
 * highest utilization in a minute, which a short burst raises, unlike the average. Outside of windows both are `floor`.
 *
 * It cannot:
 * - take back what it gave when it is removed, since Application Auto Scaling leaves the last value. Deploy it with no windows and no
 *   floor first, and remove it five minutes later.
 * - add to an alias whose template names a value while the function changes. Remove that value in a deployment that changes nothing
 *   else.
 * - keep a capacity that an operator sets meanwhile. Suspend scheduled scaling of the target before.
 * @see docs/adr/0021-warm-capacity-by-schedule.md
 * @example
 * ```ts
 * import { App, Stack, TimeZone } from 'aws-cdk-lib';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { Days, ResilientFunction, WarmCapacity } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const charge = new ResilientFunction(stack, 'Charge', {
 *   // Or `entry: 'functions/charge.ts'`.
 *   code: Code.fromInline('exports.handler = async () => ({ statusCode: 204 });'),
 * });
 * const warm = new WarmCapacity(stack, 'ChargeWarm', {
 *   alias: charge.alias,
 *   windows: [
 *     {
 *       days: Days.MONDAY_TO_FRIDAY,
 *       from: '08:00',
 *       to: '18:00',
 *       environments: 10,
 *       timeZone: TimeZone.EUROPE_BERLIN,
 *     },
 *   ],
 *   floor: 1,
 * });
 * const coldStarts = warm.metricSpillover();
 * ```
 */
export class WarmCapacity extends Construct {
  readonly target: ScalableTarget;
  /** What the windows were compiled to. */
  readonly actions: readonly WarmAction[];
  readonly #alias: Alias;

  constructor(scope: Construct, id: string, props: WarmCapacityProps) {
    super(scope, id);
    const { alias, floor = 0, leadMinutes = 10 } = props;
    this.#alias = alias;
    const windows = props.windows.map((window, index) => checkedWindow(this, window, index));
    const peak = Math.max(floor, ...windows.map(({ environments }) => environments));
    this.#check(props, peak, leadMinutes);
    const most = Math.max(peak, props.tracking?.maxEnvironments ?? 0);
    checkAlias(this, alias, most);
    if (scheduled.has(alias))
      refuse(this, `expected one schedule of ${alias.node.path}, got another; give all windows to one`);
    scheduled.add(alias);

    this.actions = actionsOf(compileWindows(windows, floor, leadMinutes));
    if (this.actions.length > MAX_ACTIONS)
      refuse(
        this,
        `expected windows that take at most ${MAX_ACTIONS} scheduled actions, got ${this.actions.length}; let more of them begin and end at the same times, on full hours`,
      );
    this.target = new ScalableTarget(this, 'Target', {
      serviceNamespace: ServiceNamespace.LAMBDA,
      scalableDimension: DIMENSION,
      resourceId: `function:${alias.functionName}`,
      role: serviceRole(this),
      // What every level lies between: a deployment that changes the target resets both, and must not make anything cold.
      minCapacity: Math.min(...this.actions.map(({ environments }) => environments)),
      maxCapacity: most,
    });
    for (const { name, schedule, timeZone, environments } of this.actions)
      this.target.scaleOnSchedule(name, {
        schedule: Schedule.expression(schedule),
        timeZone: TimeZone.of(timeZone),
        minCapacity: environments,
        maxCapacity:
          environments > floor ? Math.max(environments, props.tracking?.maxEnvironments ?? 0) : floor,
      });
    if (props.tracking)
      this.target.scaleToTrackMetric('Tracking', {
        customMetric: this.metricUtilization(),
        targetValue: props.tracking.utilization ?? 0.7,
      });
  }

  /** The fraction of the ready environments in use at the busiest moment. */
  metricUtilization(options: MetricOptions = {}): Metric {
    return this.#alias.metric('ProvisionedConcurrencyUtilization', { statistic: 'Maximum', ...options });
  }

  /** Invocations that found all ready environments in use, and ran elsewhere, many after a cold start. */
  metricSpillover(options: MetricOptions = {}): Metric {
    return this.#alias.metric('ProvisionedConcurrencySpilloverInvocations', {
      statistic: 'Sum',
      ...options,
    });
  }

  #check({ floor = 0, tracking }: WarmCapacityProps, peak: number, leadMinutes: number): void {
    if (!(Number.isInteger(floor) && floor >= 0))
      refuse(this, `expected \`floor\` to be an integer of at least 0, got ${floor}`);
    const { maxEnvironments = peak, utilization = 0.7 } = tracking ?? {};
    if (!(Number.isInteger(maxEnvironments) && maxEnvironments >= peak))
      refuse(
        this,
        `expected \`tracking.maxEnvironments\` to be an integer of at least ${peak}, the most of any window, got ${maxEnvironments}`,
      );
    if (!(utilization >= 0.1 && utilization <= 0.9))
      refuse(this, `expected \`tracking.utilization\` to be from 0.1 to 0.9, got ${utilization}`);
    const minLead = MIN_LEAD_MINUTES + Math.floor(peak / STARTS_PER_MINUTE);
    if (!(Number.isInteger(leadMinutes) && leadMinutes >= minLead && leadMinutes <= 60))
      refuse(
        this,
        `expected \`leadMinutes\` to be an integer from ${minLead} to 60, since an action may be 2 minutes late and ${peak} environments take ${minLead - 2} to start, got ${leadMinutes}`,
      );
  }
}
