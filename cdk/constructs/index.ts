/*
 * `fibrin/cdk`: CDK constructs for applications that use fibrin.
 */

export type { AlarmActionProps } from './alarms/alarm-actions.ts';
export { AlarmTopic, type AlarmTopicProps } from './alarms/alarm-topic.ts';
export { BurnRateAlarms, type BurnRateAlarmsProps, type BurnRateWindow } from './alarms/burn-rate-alarms.ts';
export type { MetricsSource } from './alarms/own-metrics.ts';
export { type RequestMetrics, RequestMetricsOf } from './alarms/request-metrics.ts';
export { ResilienceAlarms } from './alarms/resilience-alarms.ts';
export type { AlarmTuning, ResilienceAlarmsProps } from './alarms/resilience-alarms-props.ts';
export { ResilienceDashboard, type ResilienceDashboardProps } from './alarms/resilience-dashboard.ts';
export { AlarmSeverity } from './alarms/severity.ts';
export type { WatchedProps } from './alarms/watched-props.ts';
export type { ResilientHttpApiRoute } from './api-route.ts';
export type { BundlingProps } from './bundling-props.ts';
export { CacheTable } from './cache-table.ts';
export { ResilienceChecks, type ResilienceChecksProps } from './checks/resilience-checks.ts';
export type { CheckRule, Finding, TemplateResource } from './checks/rule.ts';
export { DeadLetterQueue, type DeadLetterQueueProps } from './dead-letter-queue.ts';
export { EventConsumer, type EventConsumerProps, type EventPriority } from './event-consumer.ts';
export { EventQueue, type EventQueueOptions, type EventQueueProps } from './event-queue.ts';
export { KeepWarm, type KeepWarmProps } from './keep-warm.ts';
export type { KeyedTableProps } from './keyed-table.ts';
export { OutboxRelay, type OutboxRelayProps } from './outbox-relay.ts';
export { Prewarm, type PrewarmProps, type PrewarmTargetProps } from './prewarm.ts';
export { type OperatorAccess, ResilienceTable, type ResilienceTableProps } from './resilience-table.ts';
export { ResilientFunction } from './resilient-function.ts';
export type { FunctionResilience, ResilientFunctionProps } from './resilient-function-props.ts';
export { ResilientHttpApi, type ResilientHttpApiProps } from './resilient-http-api.ts';
export { Sensitivity } from './sensitivity.ts';
export { SensitivityBus, type SensitivityBusProps } from './sensitivity-bus.ts';
export type { Throttle } from './throttle.ts';
export { WarmCapacity } from './warm-capacity.ts';
export type { WarmCapacityProps, WarmTracking } from './warm-capacity-props.ts';
export type { WarmAction } from './warm-cron.ts';
export { Days, type WarmWindow } from './warm-window.ts';
export { WarmedAlias } from './warmed-alias.ts';
export { type WarmedAliasOptions, Warmer, type WarmerProps } from './warmer.ts';
export { chooseWarming, type ExpectedUse, type WarmingChoice, WarmingMethod } from './warming-choice.ts';
export { type GbSecondPrices, WARMING_PRICES, type WarmingPrices } from './warming-prices.ts';
