import { type AlarmState, EXTRA_PERIODS, stateOf } from './alarm-state.ts';
import { holds } from './composite-rule.ts';
import { evaluateMath, type Series } from './metric-math.ts';
import type { Recording } from './recording.ts';
import {
  compositeAlarmsOf,
  type MetricAlarm,
  metricAlarmsOf,
  type ReadMetric,
  type TemplateJson,
} from './template-alarms.ts';

/** What was recorded of a metric. Undefined: it has never had data. */
export type Recordings = (metric: ReadMetric) => Recording | undefined;

const DAY_MINUTES = 24 * 60;

/** The data points of an alarm's evaluation range, at the end of a minute: each period slides by the minute. The latest first. */
function rangeOf(alarm: MetricAlarm, recordings: Recordings, minute: number, fillsAbsent?: boolean): Series {
  const { periodMinutes, metrics, expression, evaluationPeriods } = alarm;
  const ends = Array.from(
    { length: evaluationPeriods + EXTRA_PERIODS },
    (_, index) => minute - index * periodMinutes,
  );
  const series = new Map<string, Series>();
  for (const [id, metric] of metrics) {
    const recording = recordings(metric);
    series.set(
      id,
      ends.map((end) => recording?.statistic(metric.statistic, end - periodMinutes, end)),
    );
  }
  if (expression !== undefined) return evaluateMath(expression, series, ends.length, fillsAbsent);
  const [only = []] = series.values();
  return only;
}

/** Until the end of which minute an alarm sees data: every minute, but hourly where it looks at more than a day. */
function seenUntil({ periodMinutes, evaluationPeriods }: MetricAlarm, minute: number): number | undefined {
  if (periodMinutes * evaluationPeriods <= DAY_MINUTES) return minute;
  return minute % 60 === 0 ? minute : undefined;
}

export interface EvaluationRun {
  /** The first minute at whose end alarms are evaluated. Default 1. */
  readonly from?: number;
  /** The last one. */
  readonly until: number;
  /** Whether FILL fills a metric without any data in the evaluation range too. Default true. */
  readonly fillsAbsent?: boolean;
}

/** The states of all alarms at the end of each minute, by their logical ids. */
export type History = readonly ReadonlyMap<string, AlarmState>[];

/**
 * Evaluates the alarms of a synthesized template on recorded metrics, as CloudWatch would every minute. The first state is that
 * after `from` minutes: what lies before is history. It does not know how late metrics arrive.
 */
export function evaluateAlarms(
  template: TemplateJson,
  recordings: Recordings,
  { from = 1, until, fillsAbsent }: EvaluationRun,
): History {
  const alarms = metricAlarmsOf(template);
  const composites = compositeAlarmsOf(template);
  const state = new Map<string, AlarmState>();
  const now = (id: string): AlarmState => state.get(id) ?? 'INSUFFICIENT_DATA';
  const history: ReadonlyMap<string, AlarmState>[] = [];
  for (let minute = from; minute <= until; minute += 1) {
    for (const alarm of alarms) {
      const seen = seenUntil(alarm, minute);
      if (seen !== undefined)
        state.set(alarm.id, stateOf(rangeOf(alarm, recordings, seen, fillsAbsent), alarm, now(alarm.id)));
    }
    // In the order of their logical ids: none of ours is of another composite.
    for (const { id, rule } of composites) state.set(id, holds(rule, now) ? 'ALARM' : 'OK');
    history.push(new Map(state));
  }
  return history;
}

/** A span in which an alarm is in ALARM: minutes after `from` at whose end it begins, and at whose end it is over. */
export interface Episode {
  readonly begins: number;
  /** Undefined: it has not ended. */
  readonly ends?: number;
}

export function episodesOf(history: History, id: string): readonly Episode[] {
  const episodes: { begins: number; ends?: number }[] = [];
  let isOn = false;
  for (const [minute, states] of history.entries()) {
    const isAlarm = states.get(id) === 'ALARM';
    if (isAlarm && !isOn) episodes.push({ begins: minute });
    const last = episodes.at(-1);
    if (!isAlarm && isOn && last) last.ends = minute;
    isOn = isAlarm;
  }
  return episodes;
}
