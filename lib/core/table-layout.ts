/*
 * The layout of the resilience table and of the table of shared caches. Stores, the command and the constructs take it from here: what a role may do with which keys
 * (table-access.ts) follows from it.
 */

/** Name of the partition key, a string. There is no sort key. */
export const PARTITION_KEY = 'pk';
/** The attribute for TTL: seconds since the epoch. */
export const EXPIRY_ATTRIBUTE = 'expiresAt';
/** The environment variable that names the table. */
export const TABLE_VARIABLE = 'FIBRIN_TABLE';

/** Nothing is ever stored under this key: to read it shows whether the table answers. */
export const HEALTH_KEY = 'health';

/** The key of the state of a shared breaker. */
export const breakerKey = (name: string): string => `breaker#${name}`;
/** The breaker's name when the key is that of a state. */
export const breakerNameOf = (key: string): string | undefined =>
  key.startsWith(breakerKey('')) ? key.slice(breakerKey('').length) : undefined;
/** What the keys of a shared breaker's outcome counts begin with. */
export const countsPrefix = (name: string): string => `outcomes#${name}#`;
/** What the keys of an operation's idempotency records begin with. */
export const operationPrefix = (operation: string): string => `idempotency#${operation}#`;
/** What the keys of a shared cache begin with. */
export const cachePrefix = (name: string): string => `cache#${name}#`;
