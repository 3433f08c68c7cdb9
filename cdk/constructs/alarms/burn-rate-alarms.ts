import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  ComparisonOperator,
  CompositeAlarm,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { refuse } from '../refuse.ts';
import { type AlarmActionProps, AlarmActions } from './alarm-actions.ts';
import { monthlyAlarmCost } from './alarm-cost.ts';
import {
  BURN_RATE_RULES,
  type BurnRateRule,
  detectionMinutes,
  MAX_WINDOW_MINUTES,
  thresholdOf,
} from './burn-rate.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { describedBy, RUNBOOK } from './runbook.ts';
import { AlarmSeverity } from './severity.ts';

/** Two windows, and how fast the error budget has to burn in both of them. */
export interface BurnRateWindow {
  /** How many times faster than the objective allows. */
  readonly burnRate: number;
  /** How much has to burn for the alarm to begin. Whole minutes, at most 7 days. */
  readonly longWindow: Duration;
  /** How soon the alarm ends. Whole minutes, shorter than the other. */
  readonly shortWindow: Duration;
  readonly severity: AlarmSeverity;
}

export interface BurnRateAlarmsProps extends RequestMetrics, AlarmActionProps {
  /** Fraction of the requests that shall not fail in a month, such as 0.999. */
  readonly availability: number;
  /**
   * Errors that the long window must have. With fewer requests than this no one is paged, whatever comes of them.
   * @default 10
   */
  readonly minimumErrors?: number;
  /** @default - 14.4 × 1 h and 5 min pages, 6 × 6 h and 30 min pages, 3 × 1 day and 2 h writes a ticket */
  readonly windows?: readonly BurnRateWindow[];
}

const windowOf = (rule: BurnRateRule, severity: AlarmSeverity): BurnRateWindow => ({
  burnRate: rule.burnRate,
  longWindow: Duration.minutes(rule.longMinutes),
  shortWindow: Duration.minutes(rule.shortMinutes),
  severity,
});

const DEFAULT_MINIMUM_ERRORS = 10;

const DEFAULT_WINDOWS: readonly BurnRateWindow[] = [
  windowOf(BURN_RATE_RULES.fast, AlarmSeverity.PAGE),
  windowOf(BURN_RATE_RULES.slow, AlarmSeverity.PAGE),
  windowOf(BURN_RATE_RULES.steady, AlarmSeverity.TICKET),
];

/** What the name of an alarm and its description call a window, such as `6h`. */
const spanOf = (window: Duration): string => {
  const minutes = window.toMinutes();
  if (minutes % 1_440 === 0) return `${minutes / 1_440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
};

const percent = (fraction: number): string => `${Number((fraction * 100).toPrecision(6))} %`;

/**
 * Alarms on an error budget: they page for what users notice, in proportion to how much of it there is.
 *
 * For each window a composite alarm, which has the actions, of two metric alarms: enough of the budget has burned in the long
 * window, and it still burns in the short one. Each window is one period of CloudWatch, which slides by the minute, so that the
 * fraction is that of all of the window's requests. Where there is no data there were no errors; without filling that in,
 * CloudWatch goes on with the last window that had some, and an alarm would not end while there is no traffic.
 *
 * Three windows on two metrics are 6 alarms and 3 composites: $2.70 a month.
 * @see https://sre.google/workbook/alerting-on-slos/
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { AlarmTopic, BurnRateAlarms, RequestMetricsOf, ResilientFunction } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const code = Code.fromInline('exports.handler = async () => ({ statusCode: 204 });');
 * const orders = new ResilientFunction(stack, 'Orders', { code });
 * new BurnRateAlarms(stack, 'Availability', {
 *   ...RequestMetricsOf.function(orders.alias),
 *   availability: 0.999,
 *   pageTopics: [new AlarmTopic(stack, 'Pages').topic],
 *   ticketTopics: [new AlarmTopic(stack, 'Tickets').topic],
 * });
 * ```
 */
export class BurnRateAlarms extends Construct {
  /** One for each window, in their order. They have the actions. */
  readonly composites: readonly CompositeAlarm[];
  /** Of the windows: long and short of the first, long and short of the second, and so on. */
  readonly alarms: readonly Alarm[];
  /** USD. */
  readonly monthlyCost: number;
  readonly #objective: Pick<BurnRateAlarmsProps, 'availability' | 'minimumErrors' | 'windows'>;

  constructor(scope: Construct, id: string, props: BurnRateAlarmsProps) {
    super(scope, id);
    const windows = props.windows ?? DEFAULT_WINDOWS;
    this.#check(props, windows);
    this.#objective = props;
    const actions = new AlarmActions(this, props);
    const made = windows.map((window) => this.#compositeOf(window, props, actions));
    this.composites = made.map(({ composite }) => composite);
    this.alarms = made.flatMap(({ long, short }) => [long, short]);
    this.monthlyCost = monthlyAlarmCost(2 * this.alarms.length, this.composites.length);
  }

  /**
   * How long after requests begin to fail each composite is in ALARM, at most, when all went well before. Minutes, in the order of
   * the windows; undefined where it never is. Metrics arrive a minute or two later.
   * @param errorRatio Fraction of the requests that fails.
   * @param requestsPerMinute At a steady rate. Default: so many that `minimumErrors` does not matter.
   */
  detectionMinutes(errorRatio: number, requestsPerMinute?: number): readonly (number | undefined)[] {
    const {
      availability,
      minimumErrors = DEFAULT_MINIMUM_ERRORS,
      windows = DEFAULT_WINDOWS,
    } = this.#objective;
    return windows.map(({ burnRate, longWindow, shortWindow }) =>
      detectionMinutes(
        { burnRate, longMinutes: longWindow.toMinutes(), shortMinutes: shortWindow.toMinutes() },
        { availability, minimumErrors, errorRatio, requestsPerMinute },
      ),
    );
  }

  #compositeOf(window: BurnRateWindow, props: BurnRateAlarmsProps, actions: AlarmActions) {
    const { burnRate, longWindow, shortWindow, severity } = window;
    const { minimumErrors = DEFAULT_MINIMUM_ERRORS } = props;
    const within = new Construct(this, `Within${spanOf(longWindow)}`);
    // An errors / 0 is no data point, and never looked at: there are not fewer requests than errors.
    const long = this.#alarm(
      within,
      'Long',
      window,
      props,
      longWindow,
      `FILL(errors, 0) >= ${minimumErrors}`,
    );
    const short = this.#alarm(within, 'Short', window, props, shortWindow, 'FILL(errors, 0) > 0');
    const composite = new CompositeAlarm(within, 'Burning', {
      alarmRule: AlarmRule.allOf(long, short),
      alarmDescription: describedBy(
        `Requests fail ${burnRate} times as often as the objective of ${percent(props.availability)} allows, within ` +
          `${spanOf(longWindow)} and still within ${spanOf(shortWindow)}.`,
        RUNBOOK.errorBudget,
        props.runbookUrl,
      ),
    });
    actions.addTo(composite, severity);
    return { composite, long, short };
  }

  #alarm(
    scope: Construct,
    id: string,
    { burnRate }: BurnRateWindow,
    { errors, requests, availability, runbookUrl }: BurnRateAlarmsProps,
    period: Duration,
    guard: string,
  ): Alarm {
    const threshold = thresholdOf({ burnRate }, availability);
    return new Alarm(scope, id, {
      metric: new MathExpression({
        expression: `IF(${guard}, FILL(errors, 0) / requests, 0)`,
        usingMetrics: { errors, requests },
        period,
        label: `Failed within ${spanOf(period)}`,
      }),
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: describedBy(
        `More than ${percent(threshold)} of the requests failed within ${spanOf(period)}.`,
        RUNBOOK.errorBudget,
        runbookUrl,
      ),
    });
  }

  #check(
    { availability, minimumErrors = DEFAULT_MINIMUM_ERRORS }: BurnRateAlarmsProps,
    windows: readonly BurnRateWindow[],
  ) {
    if (!(availability > 0 && availability < 1))
      refuse(this, `expected \`availability\` to be between 0 and 1, such as 0.999, got ${availability}`);
    if (!(Number.isInteger(minimumErrors) && minimumErrors > 0))
      refuse(this, `expected \`minimumErrors\` to be an integer of at least 1, got ${minimumErrors}`);
    if (windows.length === 0) refuse(this, 'expected `windows` to have one or more, got none; leave it out');
    for (const window of windows) this.#checkWindow(availability, window);
  }

  #checkWindow(availability: number, { burnRate, longWindow, shortWindow }: BurnRateWindow): void {
    const which = `of the window over ${longWindow.toHumanString()}`;
    if (!(burnRate > 0)) refuse(this, `expected \`burnRate\` ${which} to be over 0, got ${burnRate}`);
    const threshold = thresholdOf({ burnRate }, availability);
    if (threshold >= 1)
      refuse(
        this,
        `expected \`burnRate\` ${which} to be under ${Number((1 / (1 - availability)).toPrecision(4))}, got ${burnRate}: more than ` +
          `${percent(threshold)} of the requests would have to fail; give \`windows\` with lower rates for an availability of ${availability}`,
      );
    const [long, short] = [longWindow.toSeconds(), shortWindow.toSeconds()];
    if (short % 60 !== 0 || long % 60 !== 0 || short <= 0)
      refuse(this, `expected both windows to be whole minutes, got ${long} s and ${short} s`);
    if (short >= long)
      refuse(this, `expected \`shortWindow\` ${which} to be shorter, got ${shortWindow.toHumanString()}`);
    if (long > MAX_WINDOW_MINUTES * 60)
      refuse(
        this,
        `expected \`longWindow\` of at most 7 days, which is as far as an alarm of CloudWatch looks back, got ${longWindow.toHumanString()}`,
      );
  }
}
