import { type Clock, systemClock } from '../core/clock.ts';
import { AttemptTimeoutError, InvalidOptionError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { runWithin } from '../core/time-limit.ts';

/** A check of one dependency. */
export interface HealthCheck {
  /** Resolves, with anything, where the dependency works. The signal aborts after `timeoutMs`. */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
  /** Whether the function is `failing` without the dependency, or only `degraded`. Default true. */
  readonly critical?: boolean;
  /** Read when the check ends, and shown to callers who may see the checks. Nothing personal. Default: no details. */
  readonly details?: () => HealthDetails | undefined;
}

/** Numbers and names, such as a fraction and a state. */
export type HealthDetails = Readonly<Record<string, string | number | boolean | null>>;

export interface HealthChecksOptions {
  /** The checks by the names that they have in the answer. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** How long one result is reused, from when its checks began. Milliseconds, 0 or more. Default 5,000. */
  readonly cacheMs?: number;
  /** Timeout of each check. Milliseconds. Default 1,000. */
  readonly timeoutMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** The result of one check. The error of a failed one is not part of it: errors belong in logs. */
export interface DependencyHealth {
  readonly status: 'ok' | 'failing';
  readonly critical: boolean;
  readonly durationMs: number;
  readonly details?: HealthDetails;
}

/** `failing` when a critical dependency is, `degraded` when another one is. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failing';
  /** ISO 8601. */
  readonly checkedAt: string;
  readonly dependencies: Readonly<Record<string, DependencyHealth>>;
}

function checkChecks(checks: HealthChecksOptions['checks']): void {
  for (const [name, check] of Object.entries(checks)) {
    const problem = rule.name()(name);
    if (problem !== undefined)
      throw new InvalidOptionError(`health: expected the name of a check to be ${problem}`);
    checkOptions(`health check "${name}"`, check, {
      required: { run: rule.fn() },
      optional: { critical: rule.boolean(), details: rule.fn() },
    });
  }
}

function detailsOf(read: HealthCheck['details']): { readonly details?: HealthDetails } {
  try {
    const details = read?.();
    return details === undefined ? {} : { details };
  } catch {
    // The status is known, and stands without details.
    return {};
  }
}

function statusOf(results: readonly DependencyHealth[]): Health['status'] {
  const failing = results.filter(({ status }) => status === 'failing');
  if (failing.some(({ critical }) => critical)) return 'failing';
  return failing.length > 0 ? 'degraded' : 'ok';
}

/**
 * Checks all dependencies of a function at once, each with a timeout. Callers who ask while the checks run, or within
 * `cacheMs` of their begin, share one result, so that frequent requests do not become frequent checks. Never rejects.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * const check = healthChecks({ checks: { store: { run: (signal) => store.get('health', { signal }) } } });
 * const { status } = await check();
 * ```
 */
export function healthChecks(options: HealthChecksOptions): () => Promise<Health> {
  checkOptions('health', options, {
    required: { checks: rule.object() },
    optional: { cacheMs: rule.durationMs(0), timeoutMs: rule.durationMs(), clock: rule.object() },
  });
  const { checks, cacheMs = 5_000, timeoutMs = 1_000, clock = systemClock } = options;
  checkChecks(checks);

  const runCheck = async (name: string, check: HealthCheck): Promise<[string, DependencyHealth]> => {
    const { run, critical = true, details } = check;
    const startedAt = clock.monotonic();
    const exceeded = () => new AttemptTimeoutError(`health check "${name}"`, timeoutMs);
    const status = await runWithin({ clock, limitMs: timeoutMs, exceeded }, async ({ signal }) =>
      run(signal),
    ).then(
      () => 'ok' as const,
      () => 'failing' as const,
    );
    const durationMs = Math.round(clock.monotonic() - startedAt);
    return [name, { status, critical, durationMs, ...detailsOf(details) }];
  };

  const runAll = async (): Promise<Health> => {
    const checkedAt = new Date(clock.now()).toISOString();
    const results = await Promise.all(Object.entries(checks).map(([name, check]) => runCheck(name, check)));
    const status = statusOf(results.map(([, result]) => result));
    return { status, checkedAt, dependencies: Object.fromEntries(results) };
  };

  let cached: { readonly until: number; readonly health: Promise<Health> } | undefined;
  return () => {
    const now = clock.monotonic();
    // By time, and not by whether the checks still run: those that a freeze has cut off may never end.
    if (cached === undefined || now >= cached.until) cached = { until: now + cacheMs, health: runAll() };
    return cached.health;
  };
}
