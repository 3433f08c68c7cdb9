import { type Clock, systemClock } from '../core/clock.ts';
import { AttemptTimeoutError, InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { runWithin } from '../core/time-limit.ts';

/** One thing that the function stands on. */
export interface HealthCheck {
  /** Resolves when it is well; what it resolves with is not looked at. The signal aborts when its time is over. */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
  /** Whether nothing works without it: then `failing`, else `degraded`. Default true. */
  readonly critical?: boolean;
  /** What else is told to those who may see the checks, at the end of the check. Nothing personal. Default: nothing. */
  readonly details?: () => HealthDetails | undefined;
}

/** Numbers and names, such as a share and a state. */
export type HealthDetails = Readonly<Record<string, string | number | boolean>>;

export interface HealthChecksOptions {
  /** By what they are called in the answer. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** How long one look answers for all who ask. Milliseconds, 0 or more. Default 5,000. */
  readonly cacheMs?: number;
  /** Bound on each check. Milliseconds. Default 1,000. */
  readonly timeoutMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** What became of one check. Why it failed is not told: that is for logs. */
export interface DependencyHealth {
  readonly status: 'ok' | 'failing';
  readonly critical: boolean;
  readonly durationMs: number;
  readonly details?: HealthDetails;
}

/** `failing` when something critical is, `degraded` when something else is. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failing';
  /** ISO 8601. */
  readonly checkedAt: string;
  readonly dependencies: Readonly<Record<string, DependencyHealth>>;
}

/**
 * Looks at all that a function stands on, at once and each bounded in time. One look is shared by all who ask while it
 * runs and for `cacheMs` after it began, so that whoever asks often asks the dependencies no more often. Never rejects.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * const look = healthChecks({ checks: { store: { run: (signal) => store.get('health', { signal }) } } });
 * const { status } = await look();
 * ```
 */
export function healthChecks(options: HealthChecksOptions): () => Promise<Health> {
  checkOptions('health', options, {
    required: { checks: rule.object() },
    optional: { cacheMs: rule.durationMs(0), timeoutMs: rule.durationMs(), clock: rule.object() },
  });
  const { checks, cacheMs = 5_000, timeoutMs = 1_000, clock = systemClock } = options;
  for (const [name, check] of Object.entries(checks)) {
    const trouble = rule.name()(name);
    if (trouble !== undefined)
      throw new InvalidOptionError(`health: expected the name of a check to be ${trouble}`);
    checkOptions(`health check "${name}"`, check, {
      required: { run: rule.fn() },
      optional: { critical: rule.boolean(), details: rule.fn() },
    });
  }

  const detailsOf = (details: HealthCheck['details']) => {
    try {
      const told = details?.();
      return told && { details: told };
    } catch {
      // They are told beside the answer, and never instead of it.
      return undefined;
    }
  };
  const lookAt = async (name: string, { run, critical = true, details }: HealthCheck) => {
    const startedAt = clock.monotonic();
    const exceeded = () => new AttemptTimeoutError(`health check "${name}"`, timeoutMs);
    const status = await runWithin({ clock, limitMs: timeoutMs, exceeded }, ({ signal }) => run(signal)).then(
      () => 'ok' as const,
      () => 'failing' as const,
    );
    const durationMs = Math.round(clock.monotonic() - startedAt);
    return [name, { status, critical, durationMs, ...detailsOf(details) }] as const;
  };

  const look = async (): Promise<Health> => {
    const checkedAt = new Date(clock.now()).toISOString();
    const looked = await Promise.all(Object.entries(checks).map(([name, check]) => lookAt(name, check)));
    const failing = looked.filter(([, { status }]) => status === 'failing');
    const isCritical = failing.some(([, { critical }]) => critical);
    return {
      status: isCritical ? 'failing' : failing.length > 0 ? 'degraded' : 'ok',
      checkedAt,
      dependencies: Object.fromEntries(looked),
    };
  };

  let shared: { readonly until: number; readonly health: Promise<Health> } | undefined;
  return () => {
    const now = clock.monotonic();
    // By the clock and not by whether it still runs: one that a freeze has cut off answers nobody after it.
    if (shared === undefined || now >= shared.until) shared = { until: now + cacheMs, health: look() };
    return shared.health;
  };
}
