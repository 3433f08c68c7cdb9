import { Annotations } from 'aws-cdk-lib';
import type { Alias, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { madeFunction } from './invoked-function.ts';
import { refuse, refuseBoth } from './refuse.ts';
import { WarmCapacity } from './warm-capacity.ts';
import { compileWindows } from './warm-plan.ts';
import { STEP_MINUTES } from './warm-week.ts';
import { checkedWindow, type WarmWindow } from './warm-window.ts';
import type { WarmedAlias } from './warmed-alias.ts';
import { Warmer } from './warmer.ts';
import { chooseWarming, type WarmingChoice, WarmingMethod } from './warming-choice.ts';
import type { WarmingPrices } from './warming-prices.ts';

export interface KeepWarmProps {
  /** What callers invoke, such as `alias` of a ResilientFunction of this app. */
  readonly alias: Alias;
  /** When the function is expected to be used. One at least. */
  readonly windows: WarmWindow[];
  /**
   * Fraction of the windows in which a warm environment serves requests: invocations an hour × their mean duration in hours /
   * environments. 0 to 1. It decides, so measure it.
   */
  readonly utilisation: number;
  /** Whether cold starts are no matter of cost: provisioned concurrency alone keeps them away. @default false */
  readonly guaranteed?: boolean;
  /** The most that warming may cost besides what the requests cost anyway, in USD a month. @default - no limit */
  readonly budgetUsdPerMonth?: number;
  /** Instead of `guaranteed` and `budgetUsdPerMonth`: what is done, whatever the numbers say. @default - what they say */
  readonly method?: WarmingMethod;
  /** What sends the pings, if that is what is done. One for many functions will do. @default - one is made */
  readonly warmer?: Warmer;
  /** @default WARMING_PRICES */
  readonly prices?: WarmingPrices;
}

/** Of a function that says nothing else. */
const LAMBDA_MEMORY_MB = 128;
const MONTH_HOURS = 730;
const WEEK_HOURS = 168;

/**
 * Keeps a function warm in windows of expected use, by the method that costs less: provisioned concurrency where it is used
 * enough, or pings. What is chosen, and the numbers, are printed at synthesis.
 * @example
 * ```ts
 * import { App, Stack, TimeZone } from 'aws-cdk-lib';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { Days, KeepWarm, ResilientFunction } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const charge = new ResilientFunction(stack, 'Charge', {
 *   // Or `entry: 'functions/charge.ts'`, with the middleware `warmup`.
 *   code: Code.fromInline('exports.handler = async () => ({ statusCode: 204 });'),
 * });
 * const warm = new KeepWarm(stack, 'ChargeWarm', {
 *   alias: charge.alias,
 *   utilisation: 0.2,
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
 * const { method } = warm.choice;
 * ```
 */
export class KeepWarm extends Construct {
  /** What the numbers say. With `method` that is done instead. */
  readonly choice: WarmingChoice;
  /** Where it is provisioned concurrency. */
  readonly warmCapacity?: WarmCapacity;
  /** Where it is a warmer. */
  readonly warmedAlias?: WarmedAlias;

  constructor(scope: Construct, id: string, props: KeepWarmProps) {
    super(scope, id);
    const { alias, windows, guaranteed, budgetUsdPerMonth } = props;
    refuseBoth(this, { method: props.method, guaranteed });
    refuseBoth(this, { method: props.method, budgetUsdPerMonth });
    this.choice = chooseWarming(this.#expectedUse(props));
    const method = props.method ?? this.choice.method;
    const asked = method === this.choice.method ? '' : ` Asked for: ${method.name}.`;
    Annotations.of(this).addInfoV2('fibrin:WarmingChoice', `${this.choice.summary}.${asked}`);
    if (method === WarmingMethod.PROVISIONED_CONCURRENCY)
      this.warmCapacity = new WarmCapacity(this, 'Capacity', { alias, windows });
    if (method === WarmingMethod.WARMER)
      this.warmedAlias = (props.warmer ?? new Warmer(this, 'Warmer')).keepWarm(alias, { windows });
  }

  #expectedUse({ alias, windows: given, ...props }: KeepWarmProps) {
    const { utilisation } = props;
    if (!(utilisation >= 0 && utilisation <= 1))
      refuse(
        this,
        `expected \`utilisation\` to be a fraction from 0 to 1, got ${utilisation}; give 0.2 for 20 %`,
      );
    const windows = given.map((window, index) => checkedWindow(this, window, index));
    if (windows.length === 0)
      refuse(this, 'expected `windows` to name one or more, got none; say when the function is used');
    const made = madeFunction(alias)?.node.defaultChild as CfnFunction | undefined;
    if (made === undefined)
      refuse(
        this,
        `expected a function of this app, got ${alias.node.path} of another, whose memory is not known; use WarmCapacity or Warmer`,
      );
    const environments = Math.max(...windows.map((window) => window.environments));
    const levels = compileWindows(windows, 0, STEP_MINUTES).flatMap(({ levelAt }) => [...levelAt.values()]);
    const environmentHours = (levels.reduce((sum, level) => sum + level, 0) * STEP_MINUTES) / 60;
    return {
      ...{ environments, utilisation },
      hoursPerMonth: ((environmentHours / environments) * MONTH_HOURS) / WEEK_HOURS,
      memorySize: made.memorySize ?? LAMBDA_MEMORY_MB,
      architecture: alias.architecture,
      ...(props.guaranteed !== undefined && { guaranteed: props.guaranteed }),
      ...(props.budgetUsdPerMonth !== undefined && { budgetUsdPerMonth: props.budgetUsdPerMonth }),
      ...(props.prices && { prices: props.prices }),
    };
  }
}
