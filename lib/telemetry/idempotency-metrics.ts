import { IDEMPOTENCY } from '../core/metric-names.ts';
import { safeListener } from '../core/safe-listener.ts';
import { boundedMetrics } from './bounded-metrics.ts';
import type { EmfOptions } from './emf.ts';

/** The part of an idempotency event that is counted. */
interface CountedEvent {
  readonly kind: string;
  readonly operation: string;
}

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
const isDeclared = (name: string): name is keyof typeof IDEMPOTENCY.units =>
  Object.hasOwn(IDEMPOTENCY.units, name);

/**
 * Counts events of idempotency keys, for `onEvent`: `IdempotencyClaimed`, `IdempotencyReplayed`, `IdempotencyConflicted` and
 * so on, one metric a kind of event of `IdempotencyEvent`, with the dimension `operation`. At most 100 operations have their own value, later ones
 * count as `OTHER`. No metric holds a key. It never throws: a metric that fails is lost.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * const options = { store, operation: 'charge', onEvent: idempotencyMetrics({ namespace: 'Shop' }) };
 * ```
 */
export function idempotencyMetrics(options: EmfOptions): (event: CountedEvent) => void {
  const write = boundedMetrics(options);
  return safeListener(({ kind, operation }) => {
    const metric = `Idempotency${capitalized(kind)}`;
    if (isDeclared(metric)) write(IDEMPOTENCY, { operation }, { [metric]: 1 });
  }, 'idempotencyMetrics');
}
