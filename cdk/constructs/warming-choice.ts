import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { pricesOf, WARMING_PRICES, type WarmingPrices } from './warming-prices.ts';

/** How a function is kept warm. */
export class WarmingMethod {
  /** Environments that Lambda keeps ready. They are guaranteed, and paid whether they are used or not. */
  static readonly PROVISIONED_CONCURRENCY: WarmingMethod = new WarmingMethod('provisioned concurrency');
  /** Pings. They cost next to nothing, and guarantee nothing. */
  static readonly WARMER: WarmingMethod = new WarmingMethod('a warmer');
  static readonly NONE: WarmingMethod = new WarmingMethod('no warming');

  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }
}

/** What is expected of a function while it is to be warm. */
export interface ExpectedUse {
  /** How many environments are to be warm. 0 or more. */
  readonly environments: number;
  /** Hours of a month in which they are to be warm. 0 to 744; all of them are 730. */
  readonly hoursPerMonth: number;
  /** In MB. */
  readonly memorySize: number;
  /** Fraction of these hours in which a warm environment serves requests. 0 to 1. */
  readonly utilisation: number;
  /** @default Architecture.ARM_64 */
  readonly architecture?: Architecture;
  /** Minutes from one ping to the next. @default 5 */
  readonly intervalMinutes?: number;
  /** How long a ping holds its environment, in milliseconds. @default 100 */
  readonly holdMs?: number;
  /** Fraction of the pings that meet a cold environment. 0 to 1. @default 0 */
  readonly coldFraction?: number;
  /** How long an init takes, in milliseconds. It is billed. @default 500 */
  readonly initMs?: number;
  /** Whether cold starts are no matter of cost: provisioned concurrency alone keeps them away. @default false */
  readonly guaranteed?: boolean;
  /** The most that warming may cost besides what the requests cost anyway, in USD a month. @default - no limit */
  readonly budgetUsdPerMonth?: number;
  /** @default WARMING_PRICES */
  readonly prices?: WarmingPrices;
}

/** What is recommended, and its numbers in USD a month, with the requests. */
export interface WarmingChoice {
  readonly method: WarmingMethod;
  readonly provisionedUsd: number;
  readonly warmerUsd: number;
  readonly noneUsd: number;
  /** From this utilisation on provisioned concurrency costs less than no warming. */
  readonly breakEvenUtilisation: number;
  /** From this utilisation on it costs less than a warmer. */
  readonly breakEvenWithWarmer: number;
  /** In a sentence. */
  readonly summary: string;
}

const HOUR_SECONDS = 3_600;
/** Of the warmer's own function. */
const WARMER_GB = 0.5;

/** USD a month for pings, with the runs of the warmer that sends them. */
export function pingsUsd(use: ExpectedUse): number {
  const { environments, hoursPerMonth, memorySize, architecture = Architecture.ARM_64 } = use;
  const { intervalMinutes = 5, holdMs = 100, coldFraction = 0, initMs = 500, prices = WARMING_PRICES } = use;
  if (environments === 0) return 0;
  const { onDemand } = pricesOf(prices, architecture);
  const runs = (hoursPerMonth * 60) / intervalMinutes;
  const seconds = (holdMs + coldFraction * initMs) / 1_000;
  const ping = seconds * (memorySize / 1_024) * onDemand + prices.request;
  // The warmer runs on arm64, for as long as its slowest ping takes.
  const ownSeconds = (holdMs + (coldFraction > 0 ? initMs : 0)) / 1_000;
  const run = ownSeconds * WARMER_GB * prices.arm64.onDemand + prices.request + prices.scheduledRun;
  return runs * (environments * ping + run);
}

const usd = (amount: number): string => `$${amount.toFixed(2)}`;
const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(2))} %`;

function methodFor(
  use: ExpectedUse,
  extra: { readonly provisioned: number; readonly warmer: number },
): WarmingMethod {
  const { environments, hoursPerMonth, guaranteed = false, budgetUsdPerMonth = Infinity } = use;
  if (environments === 0 || hoursPerMonth === 0) return WarmingMethod.NONE;
  const isProvisioned = guaranteed || extra.provisioned <= extra.warmer;
  if ((isProvisioned ? extra.provisioned : extra.warmer) > budgetUsdPerMonth) return WarmingMethod.NONE;
  return isProvisioned ? WarmingMethod.PROVISIONED_CONCURRENCY : WarmingMethod.WARMER;
}

/**
 * Weighs provisioned concurrency against a warmer and against no warming, by what they cost a month. Pure: nothing is deployed.
 *
 * A warmer costs so little that it wins wherever environments are used less than the break-even says. It guarantees nothing: say
 * `guaranteed` where a cold start is no matter of cost.
 * @example
 * ```ts
 * import { Architecture } from 'aws-cdk-lib/aws-lambda';
 * import { chooseWarming } from 'fibrin/cdk';
 *
 * const { summary } = chooseWarming({
 *   environments: 10,
 *   hoursPerMonth: 176,
 *   memorySize: 512,
 *   utilisation: 0.2,
 *   architecture: Architecture.ARM_64,
 * });
 * ```
 */
export function chooseWarming(use: ExpectedUse): WarmingChoice {
  const { environments, hoursPerMonth, memorySize, utilisation } = use;
  const { architecture = Architecture.ARM_64, prices = WARMING_PRICES } = use;
  const { onDemand, provisioned, provisionedDuration } = pricesOf(prices, architecture);
  const gbSeconds = environments * (memorySize / 1_024) * hoursPerMonth * HOUR_SECONDS;
  const provisionedUsd = gbSeconds * (provisioned + utilisation * provisionedDuration);
  const noneUsd = gbSeconds * utilisation * onDemand;
  const pings = pingsUsd(use);
  const saved = onDemand - provisionedDuration;
  const breakEvenUtilisation = provisioned / saved;
  const breakEvenWithWarmer = breakEvenUtilisation - (gbSeconds === 0 ? 0 : pings / (gbSeconds * saved));
  const method = methodFor(use, { provisioned: provisionedUsd - noneUsd, warmer: pings });
  return {
    ...{
      method,
      provisionedUsd,
      warmerUsd: noneUsd + pings,
      noneUsd,
      breakEvenUtilisation,
      breakEvenWithWarmer,
    },
    summary:
      `${method.name} for ${environments} environments of ${memorySize} MB (${architecture.name}), ` +
      `${Math.round(hoursPerMonth)} h a month at ${percent(utilisation)} utilisation: provisioned concurrency ${usd(provisionedUsd)}, ` +
      `a warmer ${usd(noneUsd + pings)}, no warming ${usd(noneUsd)} a month; provisioned concurrency costs less than a warmer from ` +
      `${percent(breakEvenWithWarmer)} on (prices: ${prices.basis})`,
  };
}
