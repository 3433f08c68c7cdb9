import { breakerKey, cachePrefix, countsPrefix, HEALTH_KEY, operationPrefix } from './table-layout.ts';

/** What may be done with some items of the resilience table, or of the table of shared caches. */
export interface TableAccess {
  /** Actions of DynamoDB, such as `GetItem`. A transaction has none of its own: each write needs that of its kind, here `PutItem`. */
  readonly actions: readonly string[];
  /** A key, or with a `*` at its end what keys begin with. Absent: all of the table, since IAM cannot limit the actions to keys. */
  readonly keys?: string;
}

/** In place of a name: all of them. No name of a breaker or an operation may hold it. */
export const EVERY = '*';

/** A function with a shared breaker reads and writes its state, and adds to its outcome counts. */
export const breakerAccess = (name: string): readonly TableAccess[] => [
  { actions: ['GetItem', 'PutItem'], keys: breakerKey(name) },
  { actions: ['UpdateItem'], keys: `${countsPrefix(name)}*` },
];

/** An idempotent function reads, writes and deletes the records of its operation, the writes in transactions too. */
export const operationAccess = (operation: string): readonly TableAccess[] => [
  { actions: ['GetItem', 'PutItem', 'DeleteItem'], keys: `${operationPrefix(operation)}*` },
];

/** A function with a shared cache reads and writes its entries, to invalidate one too. */
export const cacheAccess = (name: string): readonly TableAccess[] => [
  { actions: ['GetItem', 'PutItem'], keys: `${cachePrefix(name)}*` },
];

export const breakerReadAccess = (name: string): readonly TableAccess[] => [
  { actions: ['GetItem'], keys: breakerKey(name) },
];

export const HEALTH_ACCESS: readonly TableAccess[] = [{ actions: ['GetItem'], keys: HEALTH_KEY }];

/** What the commands of `fibrin` need: `show` of both kinds, `breakers open`, `close` and `auto`, `breakers list`, `idempotency release`. */
export const OPERATOR_ACTIONS = {
  show: 'GetItem',
  force: 'PutItem',
  release: 'DeleteItem',
  list: 'Scan',
} as const;

export const breakerOperatorAccess = (name: string): readonly TableAccess[] => [
  { actions: [OPERATOR_ACTIONS.show, OPERATOR_ACTIONS.force], keys: breakerKey(name) },
];

export const operationOperatorAccess = (operation: string): readonly TableAccess[] => [
  { actions: [OPERATOR_ACTIONS.show, OPERATOR_ACTIONS.release], keys: `${operationPrefix(operation)}*` },
];

export const LIST_ACCESS: readonly TableAccess[] = [{ actions: [OPERATOR_ACTIONS.list] }];
