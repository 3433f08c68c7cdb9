import type { IdempotencyEvent } from './events.ts';

/** Reports an event of a key. Never throws. */
export type Report = (kind: IdempotencyEvent['kind'], key: string, more?: Partial<IdempotencyEvent>) => void;
