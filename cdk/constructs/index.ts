/*
 * `fibrin/cdk`: CDK constructs for applications that use fibrin.
 */

export type { ResilientHttpApiRoute } from './api-route.ts';
export type { BundlingProps } from './bundling-props.ts';
export { ResilienceChecks, type ResilienceChecksProps } from './checks/resilience-checks.ts';
export type { CheckRule, Finding, TemplateResource } from './checks/rule.ts';
export { DeadLetterQueue, type DeadLetterQueueProps } from './dead-letter-queue.ts';
export { EventConsumer, type EventConsumerProps, type EventPriority } from './event-consumer.ts';
export { EventQueue, type EventQueueOptions, type EventQueueProps } from './event-queue.ts';
export { OutboxRelay, type OutboxRelayProps } from './outbox-relay.ts';
export { type OperatorAccess, ResilienceTable, type ResilienceTableProps } from './resilience-table.ts';
export { ResilientFunction } from './resilient-function.ts';
export type { FunctionResilience, ResilientFunctionProps } from './resilient-function-props.ts';
export { ResilientHttpApi, type ResilientHttpApiProps } from './resilient-http-api.ts';
export { Sensitivity } from './sensitivity.ts';
export { SensitivityBus, type SensitivityBusProps } from './sensitivity-bus.ts';
export type { Throttle } from './throttle.ts';
