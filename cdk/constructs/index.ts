/*
 * `fibrin/cdk`: CDK constructs for applications that use fibrin.
 */
export type { BundlingProps } from './bundling-props.ts';
export { type OperatorAccess, ResilienceTable, type ResilienceTableProps } from './resilience-table.ts';
export { ResilientFunction } from './resilient-function.ts';
export type { FunctionResilience, ResilientFunctionProps } from './resilient-function-props.ts';
