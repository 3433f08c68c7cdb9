/*
 * The metrics that fibrin writes: names, units and dimensions. What writes them and what reads them (alarms, dashboards) take them
 * from here. Metrics of one line are written together, under the same dimensions.
 */

/** One log line of metrics. A metric of CloudWatch is a name with its dimensions, so one name may stand in several lines. */
export interface MetricLine {
  /** In the order of the line. */
  readonly dimensions: readonly string[];
  /** The unit of each metric, by its name. */
  readonly units: Readonly<Record<string, 'Count' | 'Milliseconds'>>;
}

/** Each call of a policy, once. */
export const CALL = {
  dimensions: ['policy'],
  units: {
    PolicyCalls: 'Count',
    PolicyAttempts: 'Count',
    PolicyDuration: 'Milliseconds',
    PolicyFallbacks: 'Count',
    PolicyStale: 'Count',
    PolicyFailures: 'Count',
  },
} as const;

export const FAILED_CALL = {
  dimensions: ['policy', 'code'],
  units: { PolicyFailures: 'Count' },
} as const;

export const FALLBACK = {
  dimensions: ['policy', 'code'],
  units: { PolicyFallbacks: 'Count' },
} as const;

export const FAILED_ATTEMPT = {
  dimensions: ['policy', 'code'],
  units: { PolicyFailedAttempts: 'Count', PolicyFailedAttemptDuration: 'Milliseconds' },
} as const;

/** Each attempt that has waited for a rate limiter or a bulkhead before it was made. */
export const WAIT = {
  dimensions: ['policy'],
  units: { PolicyWaits: 'Count', PolicyWaitDuration: 'Milliseconds' },
} as const;

export const BULKHEAD_OVERDUE = {
  dimensions: ['bulkhead'],
  units: { BulkheadOverdue: 'Count' },
} as const;

/** Each request that was shed. */
export const SHED = {
  dimensions: ['shedding', 'priority'],
  units: { Shed: 'Count' },
} as const;

export const RETRY = {
  dimensions: ['policy'],
  units: { PolicyRetries: 'Count', PolicyRetryDelay: 'Milliseconds' },
} as const;

export const HEDGE = {
  dimensions: ['policy'],
  units: { PolicyHedges: 'Count' },
} as const;

export const HEDGE_WON = {
  dimensions: ['policy'],
  units: { PolicyHedgesWon: 'Count' },
} as const;

export const RETRY_BUDGET_EXHAUSTED = {
  dimensions: ['policy'],
  units: { PolicyRetryBudgetExhausted: 'Count' },
} as const;

export const REJECTION = {
  dimensions: ['policy', 'by'],
  units: { PolicyRejections: 'Count' },
} as const;

/** Each call with a key that asked a cache, once. */
export const CACHE = {
  dimensions: ['cache'],
  units: { CacheHits: 'Count', CacheStale: 'Count', CacheMisses: 'Count', CacheCoalesced: 'Count' },
} as const;

/** A request of a shared cache to its store that failed, or brought what no cache has written. */
export const CACHE_STORE = {
  dimensions: ['cache', 'operation'],
  units: { CacheStoreFailures: 'Count', CacheCorrupted: 'Count' },
} as const;

/** A change of a breaker's state, from the environment that made it: once for all. */
export const BREAKER_CHANGE = {
  dimensions: ['breaker', 'from', 'to'],
  units: { BreakerStateChanges: 'Count', BreakerWait: 'Milliseconds' },
} as const;

/** The same change, from each environment that noticed it. */
export const BREAKER_OBSERVATION = {
  dimensions: ['breaker', 'from', 'to'],
  units: { BreakerStateObserved: 'Count', BreakerWait: 'Milliseconds' },
} as const;

export const BREAKER_REPORT = {
  dimensions: ['breaker'],
  units: { BreakerWindowCalls: 'Count', BreakerWindowFailures: 'Count', BreakerSlowReports: 'Count' },
} as const;

export const BREAKER_STORE_FAILURE = {
  dimensions: ['breaker'],
  units: { BreakerStoreFailures: 'Count' },
} as const;

export const BREAKER_STORE_RECOVERY = {
  dimensions: ['breaker'],
  units: { BreakerStoreRecoveries: 'Count' },
} as const;

/** One of them for each event of an idempotency key. */
export const IDEMPOTENCY = {
  dimensions: ['operation'],
  units: {
    IdempotencyClaimed: 'Count',
    IdempotencyCompleted: 'Count',
    IdempotencyReleased: 'Count',
    IdempotencyUnknown: 'Count',
    IdempotencyLost: 'Count',
    IdempotencyReplayed: 'Count',
    IdempotencyWaited: 'Count',
    IdempotencyConflicted: 'Count',
    IdempotencyHeld: 'Count',
    IdempotencyMismatched: 'Count',
    IdempotencyUnreadable: 'Count',
    IdempotencyUnprotected: 'Count',
  },
} as const;

/** Each invocation, once. */
export const INVOCATION = {
  dimensions: ['function'],
  units: {
    Invocations: 'Count',
    Errors: 'Count',
    ColdStarts: 'Count',
    Duration: 'Milliseconds',
    RemainingTime: 'Milliseconds',
  },
} as const;

/** Each run of a warmer: how many environments were asked for, and how many different ones have answered. */
export const WARMING = {
  dimensions: ['function'],
  units: { WarmingRequested: 'Count', WarmingEnvironments: 'Count' },
} as const;
