export { HEALTH_KEY } from '../core/table-layout.ts';
export { type DynamoStore, type DynamoStoreOptions, dynamoStore } from './dynamodb.ts';
export { sdkTransport } from './transport/sdk.ts';
export type { DynamoTransport } from './transport/transport.ts';
