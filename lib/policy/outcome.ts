import type { Execution } from '../core/execution.ts';

interface Measured {
  /** How often the function was called for this call. 0 when a breaker rejected it, or a cache or another call's load gave the value. */
  readonly attempts: number;
  readonly durationMs: number;
  /** Whether the retry budget ended the call: another attempt was due and not paid for. */
  readonly budgetExhausted: boolean;
  /** Whether the value is that of a hedge: the first call had not answered by then. */
  readonly hedgeWon: boolean;
}

/** What came of a call: the value and where it is from, or the error. */
export type Outcome<T> = Measured &
  (
    | {
        readonly source: 'live' | 'cache';
        readonly degraded: false;
        readonly value: T;
        readonly error?: undefined;
      }
    | {
        readonly source: 'stale' | 'fallback';
        readonly degraded: true;
        readonly value: T;
        readonly error: unknown;
      }
    | {
        readonly source: 'none';
        readonly degraded: true;
        readonly value?: undefined;
        readonly error: unknown;
      }
  );

/** What the execution has noted, with what it ended with. */
export function outcomeOf<T>(
  { state }: Execution,
  ended: { readonly value: T } | { readonly error: unknown },
): Outcome<T> {
  const { clock, startedAt, attempts, budgetExhausted, hedgeWon, source, error } = state;
  const measured = { attempts, durationMs: clock.monotonic() - startedAt, budgetExhausted, hedgeWon };
  if ('error' in ended) return { source: 'none', degraded: true, error: ended.error, ...measured };
  const { value } = ended;
  return source === 'live' || source === 'cache'
    ? { source, degraded: false, value, ...measured }
    : { source, degraded: true, value, error, ...measured };
}
