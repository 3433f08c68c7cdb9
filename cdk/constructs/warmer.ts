import { Annotations, Duration, Names, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { MAX_HOLD_MS } from '#core/warmup';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { madeFunction } from './invoked-function.ts';
import { ownCode } from './own-code.ts';
import { refuse } from './refuse.ts';
import { ResilientFunction } from './resilient-function.ts';
import { actionsOf } from './warm-cron.ts';
import { compileWindows } from './warm-plan.ts';
import { STEP_MINUTES } from './warm-week.ts';
import { checkedWindow, type WarmWindow } from './warm-window.ts';
import { WarmedAlias } from './warmed-alias.ts';

export interface WarmerProps {
  /** Under which CloudWatch keeps the metrics. @default fibrin */
  readonly namespace?: string;
  /** How long the log of the warmer's function is kept. @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /** Gets the runs that did not reach the warmer, or failed there. @default - one is made */
  readonly undelivered?: DeadLetterQueue;
}

export interface WarmedAliasOptions {
  /** When the function is expected to be used. One at least. */
  readonly windows: WarmWindow[];
  /**
   * How long each ping holds its environment, so that the others go to other ones. Rounds that follow, where environments were
   * met twice, hold three times as long each. Milliseconds, integer, 1 to 1,000. @default 100
   */
  readonly holdMs?: number;
}

/** What one warmer can ask for at once: its pings have to be under way together. */
const MAX_ENVIRONMENTS = 100;
/** A run that comes later is of no use: the next one is near. */
const MAX_EVENT_AGE = Duration.seconds(60);

/** Why no ping can keep an environment of such a function warm, if it is so. */
function unsupported(fn: CfnFunction): string | undefined {
  if (fn.tenancyConfig !== undefined)
    return 'with tenant isolation, whose environments are each of one tenant';
  if (fn.capacityProviderConfig !== undefined)
    return 'on a capacity provider, whose environments take several requests at once and stay';
  return undefined;
}

/**
 * Keeps environments of functions warm in windows of expected use: every five minutes a schedule invokes a function, which invokes
 * the alias as often at once as environments are wanted. Each ping holds its environment, so that the others go to other ones, and
 * is answered with the environment's name: so what is counted is environments, not pings. What is missing is a metric; `ResilienceAlarms` alarms on it.
 *
 * The warmer comes from outside: no function may invoke itself. It pings the alias that callers use, not `$LATEST`. A run that
 * fails is not tried again, since the next one is near: Scheduler's own 185 tries in a day would warm what is not used any more.
 *
 * The function needs the middleware `warmup` as its outermost. Without it the pings are requests, and none counts.
 *
 * It guarantees nothing: requests beyond the warm environments, and environments that Lambda takes back between two pings, start cold.
 * `WarmCapacity` guarantees; `chooseWarming` says which of them costs less.
 * @example
 * ```ts
 * import { App, Stack, TimeZone } from 'aws-cdk-lib';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { Days, ResilientFunction, Warmer } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const charge = new ResilientFunction(stack, 'Charge', {
 *   // Or `entry: 'functions/charge.ts'`, with the middleware `warmup`.
 *   code: Code.fromInline('exports.handler = async () => ({ statusCode: 204 });'),
 * });
 * const warmed = new Warmer(stack, 'Warmer').keepWarm(charge.alias, {
 *   windows: [
 *     {
 *       days: Days.MONDAY_TO_FRIDAY,
 *       from: '08:00',
 *       to: '18:00',
 *       environments: 10,
 *       timeZone: TimeZone.EUROPE_BERLIN,
 *     },
 *   ],
 * });
 * ```
 */
export class Warmer extends Construct {
  /** Sends the pings. */
  readonly function: ResilientFunction;
  readonly undelivered: DeadLetterQueue;
  readonly #namespace: string;
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: WarmerProps = {}) {
    super(scope, id);
    const { namespace = 'fibrin', logRetention } = props;
    this.#namespace = namespace;
    this.undelivered = props.undelivered ?? new DeadLetterQueue(this, 'Undelivered');
    this.function = new ResilientFunction(this, 'Pings', {
      code: ownCode(this),
      handler: 'index.warmer',
      // A hundred connections at once need processor time.
      memorySize: 512,
      timeout: Duration.minutes(1),
      deadLetterQueue: this.undelivered.queue,
      functionProps: { retryAttempts: 0, maxEventAge: MAX_EVENT_AGE },
      ...(logRetention !== undefined && { logRetention }),
    });
    this.#role = this.#scheduleRole();
  }

  #scheduleRole(): Role {
    const stack = Stack.of(this);
    const group = stack.formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
    });
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': group } },
      }),
    });
    this.function.grantInvoke(role);
    this.undelivered.grantSend(role);
    return role;
  }

  /**
   * Keeps an alias warm.
   * @param alias What callers use, of a published version.
   */
  keepWarm(alias: Alias, props: WarmedAliasOptions): WarmedAlias {
    const { holdMs = 100 } = props;
    const windows = props.windows.map((window, index) => checkedWindow(this, window, index));
    if (windows.length === 0)
      refuse(this, 'expected `windows` to name one or more, got none; say when the function is used');
    if (!(Number.isInteger(holdMs) && holdMs >= 1 && holdMs <= MAX_HOLD_MS))
      refuse(this, `expected \`holdMs\` to be an integer from 1 to ${MAX_HOLD_MS}, got ${holdMs}`);
    this.#check(alias, Math.max(...windows.map(({ environments }) => environments)));
    Grant.addToPrincipal({
      grantee: this.function,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [alias.functionArn],
    });
    // The ping before a window opens makes what is ready when it does.
    const actions = actionsOf(compileWindows(windows, 0, STEP_MINUTES));
    const common = { target: alias.functionArn, holdMs, namespace: this.#namespace };
    return new WarmedAlias(this, Names.nodeUniqueId(alias.node), {
      alias,
      namespace: this.#namespace,
      actions: actions.filter(({ environments }) => environments > 0),
      targetFor: (environments) =>
        new LambdaInvoke(this.function.alias, {
          role: this.#role,
          deadLetterQueue: this.undelivered.queue,
          retryAttempts: 0,
          maxEventAge: MAX_EVENT_AGE,
          input: ScheduleTargetInput.fromObject({ ...common, environments }),
        }),
    });
  }

  #check(alias: Alias, most: number): void {
    const { path } = alias.node;
    if (alias.version.version === '$LATEST')
      refuse(
        this,
        `expected ${path} to name a published version, got $LATEST; give it \`currentVersion\` of the function`,
      );
    if (most > MAX_ENVIRONMENTS)
      refuse(
        this,
        `expected windows of at most ${MAX_ENVIRONMENTS} environments, got ${most}; use WarmCapacity, which starts them without pings`,
      );
    const fn = madeFunction(alias)?.node.defaultChild as CfnFunction | undefined;
    const kind = fn && unsupported(fn);
    if (kind !== undefined) refuse(this, `expected a function that pings can keep warm, got ${path} ${kind}`);
    const reserved = fn?.reservedConcurrentExecutions;
    if (reserved !== undefined && reserved <= most)
      Annotations.of(this).addWarningV2(
        'fibrin:WarmerTakesAllConcurrency',
        reserved < most
          ? `${path} is to have ${most} warm environments, and its reserved concurrency is ${reserved}: ${most - reserved} are never warm, and requests are throttled while pings are held. Reserve more than ${most}.`
          : `${path} is to have ${most} warm environments, and its reserved concurrency is ${reserved}: requests are throttled while pings are held. Reserve more than ${most}.`,
      );
  }

  /** Runs that did not reach the warmer, or failed there. More than none is worth an alarm. */
  metricUndelivered(options?: MetricOptions): Metric {
    return this.undelivered.metricDepth(options);
  }
}
