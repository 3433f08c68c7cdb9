import { safeListener } from '../core/safe-listener.ts';
import { type EmfOptions, emfMetrics } from './emf.ts';

/** What of an idempotency event is counted. */
interface CountedEvent {
  readonly kind: string;
  readonly operation: string;
}

/**
 * Counts what happens to idempotency keys, for `onEvent`: `IdempotencyClaimed`, `IdempotencyReplayed`, `IdempotencyConflicted`
 * and so on, by operation. The keys themselves are in no metric. It never throws: a metric that fails is lost.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * const options = { store, operation: 'charge', onEvent: idempotencyMetrics({ namespace: 'Shop' }) };
 * ```
 */
export function idempotencyMetrics(options: EmfOptions): (event: CountedEvent) => void {
  const { count } = emfMetrics(options);
  return safeListener(({ kind, operation }) =>
    count(`Idempotency${kind.charAt(0).toUpperCase()}${kind.slice(1)}`, 1, { operation }),
  );
}
