import { AsyncLocalStorage } from 'node:async_hooks';
import { type Random, systemRandom } from '../core/random.ts';
import { correlationOfRecord, type FoundCorrelation } from './correlation-sources.ts';

/** By what everything that one request causes is known. */
export interface Correlation {
  /** 1 to 128 characters of A-Z, a-z, 0-9, ".", "_", ":", "-". */
  readonly id: string;
  /** The header in which the id is sent on. */
  readonly header: string;
  readonly traceparent?: string | undefined;
}

export const CORRELATION_HEADER = 'x-correlation-id';

// Of all invocations that this process runs, each sees its own.
const current = new AsyncLocalStorage<Correlation>();

/** What was found, under an id of its own where none was. */
export const toCorrelation = (found: FoundCorrelation, header: string, random: Random): Correlation => ({
  id: found.id ?? random.token(),
  header,
  traceparent: found.traceparent,
});

/**
 * From here on, and in all that is started from here, `correlation` is the one. Has to be called before the first await of
 * the function that calls it: behind that, its own caller would not see it.
 */
export const enterCorrelation = (correlation: Correlation): void => current.enterWith(correlation);

/**
 * The correlation id of what runs: that of the invocation, under the `correlation` middleware, or that of a queue's record,
 * in a function made by `correlated`. Undefined outside of both.
 * @example
 * ```ts
 * console.log(JSON.stringify({ message: 'Order placed', correlationId: correlationId() }));
 * ```
 */
export const correlationId = (): string | undefined => current.getStore()?.id;

/**
 * The headers to send to whatever is called: the correlation id, and `traceparent` as it came. None outside of a
 * correlation.
 * @example
 * ```ts
 * const rates = resilient<string>({ name: 'rates' });
 * const rate = await rates.execute(async ({ signal }) => {
 *   const response = await fetch('https://rates.example/eur', { signal, headers: correlationHeaders() });
 *   if (!response.ok) throw Object.assign(new Error('rates refused'), { status: response.status });
 *   return response.text();
 * });
 * ```
 */
export function correlationHeaders(): Readonly<Record<string, string>> {
  const correlation = current.getStore();
  if (correlation === undefined) return {};
  const { header, id, traceparent } = correlation;
  return { [header]: id, ...(traceparent !== undefined && { traceparent }) };
}

/**
 * A handler for one record of a queue, for `queueBatch`, that runs under the record's own correlation id: that of its
 * message attribute `correlationId`, or of the event in its body (`detail.metadata.correlationId`), or a new one.
 * @example
 * ```ts
 * const ship = async (record: QueueRecord, _context: RemainingTime) => console.log(correlationId(), record.messageId);
 * export const handler = queueBatch(correlated(ship));
 * ```
 */
export function correlated<R, C, T>(
  handle: (record: R, context: C) => Promise<T>,
  random: Random = systemRandom,
): (record: R, context: C) => Promise<T> {
  return (record, context) => {
    const header = current.getStore()?.header ?? CORRELATION_HEADER;
    const correlation = toCorrelation(correlationOfRecord(record), header, random);
    return current.run(correlation, handle, record, context);
  };
}
