import { Duration, TimeZone } from 'aws-cdk-lib';
import {
  MathExpression,
  type MathExpressionOptions,
  Metric,
  type MetricOptions,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { type IScheduleTarget, Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { WARMING } from '#core/metric-names';
import type { WarmAction } from './warm-cron.ts';
import { STEP_MINUTES } from './warm-week.ts';

export interface WarmedAliasProps {
  readonly alias: Alias;
  /** When it is pinged, and how many environments are wanted then. */
  readonly actions: readonly WarmAction[];
  /** What is invoked to ping so many environments. */
  readonly targetFor: (environments: number) => IScheduleTarget;
  /** Of the metrics. */
  readonly namespace: string;
}

const PERIOD: Duration = Duration.minutes(STEP_MINUTES);

/** An alias that a `Warmer` keeps warm. `ResilienceAlarms` has the alarm on what is missing. */
export class WarmedAlias extends Construct {
  /** When it is pinged. */
  readonly schedules: readonly Schedule[];
  /** Path of the function. */
  readonly functionPath: string;
  readonly #namespace: string;
  readonly #functionName: string;

  constructor(scope: Construct, id: string, { alias, actions, targetFor, namespace }: WarmedAliasProps) {
    super(scope, id);
    this.#namespace = namespace;
    this.functionPath = alias.lambda.node.path;
    this.#functionName = alias.lambda.functionName;
    this.schedules = actions.map(
      ({ name, schedule, timeZone, environments }) =>
        new Schedule(this, name, {
          schedule: ScheduleExpression.expression(schedule, TimeZone.of(timeZone)),
          target: targetFor(environments),
          description: `Keeps ${environments} environments of ${this.functionPath} warm`,
        }),
    );
  }

  /** Environments that were asked for. */
  metricRequested(options?: MetricOptions): Metric {
    return this.#metric('WarmingRequested', options);
  }

  /** Different environments that have answered. */
  metricEnvironments(options?: MetricOptions): Metric {
    return this.#metric('WarmingEnvironments', options);
  }

  /** The fraction of the environments asked for that were met. 0 to 1. */
  metricFraction(options?: MathExpressionOptions): MathExpression {
    return new MathExpression({
      expression: 'environments / requested',
      usingMetrics: { environments: this.metricEnvironments(), requested: this.metricRequested() },
      period: PERIOD,
      label: 'environments met / requested',
      ...options,
    });
  }

  #metric(metricName: keyof typeof WARMING.units, options?: MetricOptions): Metric {
    return new Metric({
      namespace: this.#namespace,
      metricName,
      dimensionsMap: { [WARMING.dimensions[0]]: this.#functionName },
      statistic: 'Sum',
      period: PERIOD,
      ...options,
    });
  }
}
