/** Reads the alarms of a synthesized template. */
import type { Evaluation } from './alarm-state.ts';

/** A metric as an alarm reads it. A dimension that the template computes is its JSON. */
export interface ReadMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

export interface MetricAlarm extends Evaluation {
  readonly id: string;
  readonly periodMinutes: number;
  /** By their ids in the expression. */
  readonly metrics: ReadonlyMap<string, ReadMetric>;
  /** Undefined where the alarm is on the one metric itself. */
  readonly expression: string | undefined;
  readonly description: string;
}

export interface CompositeAlarm {
  readonly id: string;
  /** With the logical ids of alarms as their names. */
  readonly rule: string;
  readonly description: string;
}

interface Stat {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: Stat; readonly Period: number; readonly Stat: string };
}

interface AlarmProperties extends Partial<Stat> {
  readonly AlarmDescription?: string;
  readonly AlarmRule?: unknown;
  readonly Metrics?: readonly Query[];
  readonly Period?: number;
  readonly Statistic?: string;
  readonly ComparisonOperator: string;
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: string;
}

/** What `Template.toJSON()` gives. */
export interface TemplateJson {
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const metricOf = ({ Namespace, MetricName, Dimensions = [] }: Stat, statistic: string): ReadMetric => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, textOf(Value)])),
  statistic,
});

/** A rule is a `Fn::Join` of text and the ARNs of alarms. */
function ruleText(rule: unknown): string {
  if (typeof rule === 'string') return rule;
  const [, parts] = (rule as { readonly 'Fn::Join': readonly [string, readonly unknown[]] })['Fn::Join'];
  return parts
    .map((part) =>
      typeof part === 'string'
        ? part
        : (part as { readonly 'Fn::GetAtt': readonly string[] })['Fn::GetAtt'][0],
    )
    .join('');
}

function alarmOf(id: string, properties: AlarmProperties): MetricAlarm {
  const { Metrics = [], Namespace, MetricName, Dimensions, Statistic = '' } = properties;
  const stats = Metrics.flatMap(({ Id, MetricStat }) => (MetricStat ? [{ Id, ...MetricStat }] : []));
  const expressions = Metrics.filter(({ Expression }) => Expression !== undefined);
  const periods = new Set([
    ...stats.map(({ Period }) => Period),
    ...(properties.Period ? [properties.Period] : []),
  ]);
  const [period = 0] = periods;
  // CloudWatch refuses an alarm with more than one.
  if (periods.size !== 1 || expressions.length > 1)
    throw new Error(`${id}: expected one period and at most one expression`);
  const own =
    Namespace !== undefined && MetricName !== undefined
      ? [
          [
            'metric',
            metricOf({ Namespace, MetricName, ...(Dimensions && { Dimensions }) }, Statistic),
          ] as const,
        ]
      : [];
  return {
    id,
    periodMinutes: period / 60,
    metrics: new Map([...own, ...stats.map(({ Id, Metric, Stat }) => [Id, metricOf(Metric, Stat)] as const)]),
    expression: expressions[0]?.Expression,
    description: properties.AlarmDescription ?? '',
    operator: properties.ComparisonOperator,
    threshold: properties.Threshold,
    evaluationPeriods: properties.EvaluationPeriods,
    datapointsToAlarm: properties.DatapointsToAlarm ?? properties.EvaluationPeriods,
    treatMissingData: properties.TreatMissingData ?? 'missing',
  };
}

const propertiesOf = ({ Resources = {} }: TemplateJson, type: string) =>
  Object.entries(Resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties }]) => [id, Properties as AlarmProperties] as const);

export const metricAlarmsOf = (template: TemplateJson): readonly MetricAlarm[] =>
  propertiesOf(template, 'AWS::CloudWatch::Alarm').map(([id, properties]) => alarmOf(id, properties));

export const compositeAlarmsOf = (template: TemplateJson): readonly CompositeAlarm[] =>
  propertiesOf(template, 'AWS::CloudWatch::CompositeAlarm').map(([id, { AlarmRule, AlarmDescription }]) => ({
    ...{ id, rule: ruleText(AlarmRule) },
    description: AlarmDescription ?? '',
  }));
