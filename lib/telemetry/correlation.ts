import { AsyncLocalStorage } from 'node:async_hooks';
import { type Random, systemRandom } from '../core/random.ts';
import { correlationOfRecord, type FoundCorrelation } from './correlation-sources.ts';

/** Identifies one request and everything that it causes. */
export interface Correlation {
  /** 1 to 128 characters of A-Z, a-z, 0-9, ".", "_", ":", "-". */
  readonly id: string;
  /** The header in which the id is sent on. */
  readonly header: string;
  /** W3C trace context of the caller. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

interface Scope {
  readonly correlation: Correlation;
  /** Whether the invocation has ended, for a scope that can leak out of it. */
  isOver: boolean;
}

export const CORRELATION_HEADER = 'x-correlation-id';

// Invocations that run at once in one process each have their own scope.
const scopes = new AsyncLocalStorage<Scope>();

function current(): Correlation | undefined {
  const scope = scopes.getStore();
  return scope === undefined || scope.isOver ? undefined : scope.correlation;
}

/** The correlation that an event brings, with a new id where it brings none. */
export const toCorrelation = (found: FoundCorrelation, header: string, random: Random): Correlation => ({
  ...found,
  id: found.id ?? random.token(),
  header,
});

/**
 * Runs `work` under a correlation. It does not leak: only `work` and what it starts hold it. So it has no end, and work that
 * an invocation left running still logs under the id of the request that caused it. So does a timer that `work` starts for
 * all requests, such as a refresher: start it outside of the handler.
 */
export const runCorrelated = <T>(correlation: Correlation, work: () => T): T =>
  scopes.run({ correlation, isOver: false }, work);

/**
 * Enters a correlation for the rest of the calling function and all that it starts, for middlewares, which have hooks around
 * the handler instead of a call of it. It has to be called before the first await of the hook: after that, the hook's own
 * caller would not see it.
 *
 * It leaks into the caller, in Lambda into the loop that takes the next event. Then two hold one scope and are the same to
 * it: work that the invocation left running, and the next request until it enters a correlation of its own. The returned
 * function ends the scope for both, since no id is better than that of another request.
 */
export function enterCorrelation(correlation: Correlation): () => void {
  const scope = { correlation, isOver: false };
  scopes.enterWith(scope);
  return () => {
    scope.isOver = true;
  };
}

/**
 * The correlation id of the request that the calling code works for: of the invocation, under `withCorrelation` or the
 * `correlation` middleware, or of a queue's record, in a function made by `correlated`. Undefined outside of them, and under
 * the middleware after the invocation has ended.
 * @example
 * ```ts
 * console.log(JSON.stringify({ message: 'Order placed', correlationId: correlationId() }));
 * ```
 */
export const correlationId = (): string | undefined => current()?.id;

/**
 * The headers to send on with a request: the correlation id, and the caller's W3C trace context, `traceparent` and
 * `tracestate`. None where there is no correlation id.
 * @example
 * ```ts
 * const rates = resilient<string>({ name: 'rates' });
 * const rate = await rates.execute(async ({ signal }) => {
 *   const answer = await boundedFetch('https://rates.example/eur', { signal, headers: correlationHeaders() });
 *   return answer.text();
 * });
 * ```
 */
export function correlationHeaders(): Readonly<Record<string, string>> {
  const correlation = current();
  if (correlation === undefined) return {};
  const { header, id, traceparent, tracestate } = correlation;
  return {
    [header]: id,
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
  };
}

/**
 * A handler for one record of a queue, for `sqsBatch`, that runs under the record's own correlation: of its message
 * attributes `correlationId`, `traceparent` and `tracestate`, or with the id of the event in its body
 * (`detail.metadata.correlationId`), or with a new one.
 * @example
 * ```ts
 * const ship = async (record: QueueRecord, _context: RemainingTime) => console.log(correlationId(), record.messageId);
 * export const handler = sqsBatch(correlated(ship));
 * ```
 */
export function correlated<R, C, T>(
  handle: (record: R, context: C) => Promise<T>,
  random: Random = systemRandom,
): (record: R, context: C) => Promise<T> {
  return (record, context) => {
    const header = current()?.header ?? CORRELATION_HEADER;
    const correlation = toCorrelation(correlationOfRecord(record), header, random);
    return runCorrelated(correlation, () => handle(record, context));
  };
}
