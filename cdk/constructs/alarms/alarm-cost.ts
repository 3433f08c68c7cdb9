/** USD a month in us-east-1. CloudWatch counts the metrics that an alarm reads, those of metric math each. */
const ALARM_PRICES = { date: '2026-11-30', metric: 0.1, composite: 0.5 } as const;

/** What alarms cost, without the ten metrics that an account has for free. Unit: USD a month. */
export function monthlyAlarmCost(metrics: number, composites: number): number {
  return Math.round((metrics * ALARM_PRICES.metric + composites * ALARM_PRICES.composite) * 100) / 100;
}
