import { describe, expect, it, vi } from 'vitest';
import { type PolicyLogger, policyLogs } from '../../lib/telemetry/policy-logs.ts';
import { settle } from '../../lib/testing/index.ts';
import { FALSY, failuresWith, policyEvents, wonByHedge } from '../support/policy-events.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

function loggerOf(log: (level: string, message: string, fields: object) => unknown): PolicyLogger {
  const at = (level: string) => (message: string, fields: object) => log(level, message, fields);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const policy = 'posts';
const breaker = 'shared';
const code = 'ECONNREFUSED';

describe('policyLogs', () => {
  it('writes one line for each event, with its level, its name and the code of its error', () => {
    const lines: unknown[] = [];
    const onEvent = policyLogs(loggerOf((level, message, fields) => lines.push([level, message, fields])));
    for (const event of policyEvents) onEvent(event);
    const changed = {
      from: 'closed',
      to: 'open',
      origin: 'self',
      admittedFraction: 0,
      waitMs: 5_000,
      cause: 'status 503',
    };
    const observed = {
      from: 'half-open',
      to: 'closed',
      origin: 'observed',
      admittedFraction: 0.25,
      waitMs: 0,
    };
    const outcome = { event: 'outcome', policy, budgetExhausted: false };
    const storeRead = { event: 'cache-store', cache: 'kept', operation: 'read' };
    expect(lines).toEqual([
      [
        'debug',
        'Policy "posts" succeeded at attempt 1',
        { event: 'attempt', policy, attempt: 1, durationMs: 12 },
      ],
      [
        'debug',
        'Policy "posts" failed at attempt 1: ECONNREFUSED',
        { event: 'attempt', policy, attempt: 1, durationMs: 7, code },
      ],
      [
        'info',
        'Policy "posts" retries in 40 ms: ECONNREFUSED',
        { event: 'retry', policy, attempt: 2, delayMs: 40.4, code },
      ],
      ['info', 'Policy "posts" retries in 50 ms', { event: 'retry', policy, attempt: 2, delayMs: 50 }],
      [
        'debug',
        'Policy "posts" cancelled attempt 1',
        { event: 'attempt', policy, attempt: 1, durationMs: 30 },
      ],
      ['debug', 'Policy "posts" makes a hedge, attempt 2', { event: 'hedge', policy, attempt: 2 }],
      [
        'warn',
        'Policy "posts" makes no further attempt, since its retry budget is empty',
        { event: 'budget-exhausted', policy, attempt: 1 },
      ],
      ['warn', 'Policy "posts" rejected a call: breaker', { event: 'rejected', policy, by: 'breaker' }],
      ['info', 'Policy "posts" used its fallback: ECONNREFUSED', { event: 'fallback', policy, code }],
      ['debug', 'Cache "kept" had a fresh value', { event: 'cache', cache: 'kept', result: 'hit' }],
      [
        'debug',
        'Cache "kept" had a stale value, which is refreshed',
        { event: 'cache', cache: 'kept', result: 'stale' },
      ],
      ['debug', 'Cache "kept" had no value', { event: 'cache', cache: 'kept', result: 'miss' }],
      [
        'debug',
        'Cache "kept" had no value: the call waits for the load of another call',
        { event: 'cache', cache: 'kept', result: 'coalesced' },
      ],
      [
        'warn',
        'Cache "kept" failed to read its store: ECONNREFUSED',
        { ...storeRead, reason: 'error', code: 'ECONNREFUSED' },
      ],
      ['warn', 'Cache "kept" has found what no cache has written', { ...storeRead, reason: 'corrupted' }],
      ['debug', 'Policy "posts" succeeded', { ...outcome, source: 'live', attempts: 2, durationMs: 90 }],
      [
        'warn',
        'Policy "posts" was answered by its fallback: BREAKER_OPEN',
        { ...outcome, source: 'fallback', attempts: 0, durationMs: 1, code: 'BREAKER_OPEN' },
      ],
      [
        'debug',
        'Policy "posts" was answered by its cache',
        { ...outcome, source: 'cache', attempts: 0, durationMs: 1 },
      ],
      [
        'warn',
        'Policy "posts" was answered by a stale value: ECONNREFUSED',
        { ...outcome, source: 'stale', attempts: 1, durationMs: 3, code },
      ],
      [
        'error',
        'Policy "posts" failed: ECONNREFUSED',
        { ...outcome, source: 'none', attempts: 1, durationMs: 95, budgetExhausted: true, code },
      ],
      [
        'warn',
        'Breaker "shared" changed from closed to open',
        { event: 'breaker-state', breaker, ...changed },
      ],
      [
        'info',
        'Breaker "shared" changed from half-open to closed',
        { event: 'breaker-state', breaker, ...observed },
      ],
      [
        'debug',
        'Breaker "shared" reported a failed call',
        { event: 'breaker-report', breaker, calls: 52, failures: 40, slow: false },
      ],
      [
        'debug',
        'Breaker "shared" reported a slow call',
        { event: 'breaker-report', breaker, calls: 53, failures: 41, slow: true },
      ],
      [
        'warn',
        'Breaker "shared" decides for this environment alone: the shared state is unavailable',
        { event: 'breaker-store', breaker, available: false, reason: 'no answer in 50 ms' },
      ],
      [
        'info',
        'Breaker "shared" uses the shared state again',
        { event: 'breaker-store', breaker, available: true },
      ],
      [
        'debug',
        'Policy "posts" succeeded at attempt 1',
        { event: 'attempt', policy, attempt: 1, durationMs: 12, waitedMs: 30 },
      ],
      [
        'warn',
        'Bulkhead "files" has a call that has not ended in 60004 ms',
        { event: 'bulkhead-overdue', bulkhead: 'files', heldMs: 60_004.4 },
      ],
      [
        'debug',
        'Shedding "orders" has shed a request of low priority: queue',
        { event: 'shed', shedding: 'orders', priority: 'low', reason: 'queue' },
      ],
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it.each(FALSY)('logs a call that rejects with %s as failed', (_, error) => {
    const lines: unknown[] = [];
    const onEvent = policyLogs(loggerOf((level, message) => lines.push([level, message])));
    for (const event of failuresWith(error)) onEvent(event);

    expect(lines).toEqual([
      ['debug', 'Policy "posts" failed at attempt 1: UNKNOWN'],
      ['info', 'Policy "posts" retries in 40 ms: UNKNOWN'],
      ['info', 'Policy "posts" used its fallback: UNKNOWN'],
      ['warn', 'Policy "posts" was answered by its fallback: UNKNOWN'],
      ['error', 'Policy "posts" failed: UNKNOWN'],
    ]);
  });

  it('says of a call whose value is that of a hedge that it is', () => {
    const lines: unknown[] = [];
    policyLogs(loggerOf((_level, _message, fields) => lines.push(fields)))(wonByHedge);

    expect(lines).toMatchObject([{ event: 'outcome', source: 'live', hedgeWon: true }]);
  });

  it('warns when a breaker is forced open, and does not when it is forced closed', () => {
    const levels: string[] = [];
    const onEvent = policyLogs(loggerOf((level) => levels.push(level)));
    const state = { kind: 'breaker-state', name: 'shared', from: 'closed', origin: 'observed' } as const;
    for (const to of ['forced-open', 'forced-closed'] as const)
      onEvent({ ...state, to, admittedFraction: 0, waitMs: 0 });

    expect(levels).toEqual(['warn', 'info']);
  });

  it('calls a logger as its method, so that `this` is the logger', () => {
    class Logger {
      readonly lines: string[] = [];
      debug(message: string) {
        this.lines.push(message);
      }
      info = this.debug;
      warn = this.debug;
      error = this.debug;
    }
    const logger = new Logger();
    const onEvent = policyLogs(logger);
    for (const event of policyEvents) onEvent(event);
    expect(logger.lines).toHaveLength(policyEvents.length);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no disk');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no network'))],
  ])('never throws and leaves no unhandled rejection when the logger %s', async (_, fail) => {
    const unhandled = vi.fn<(error: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    const log = vi.fn(fail);
    const onEvent = policyLogs(loggerOf(log));
    for (const event of policyEvents) expect(() => onEvent(event)).not.toThrow();
    await settle();
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(log).toHaveBeenCalledTimes(policyEvents.length);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each(LEVELS)('refuses a logger without %s', (level) => {
    const { [level]: _, ...others } = loggerOf(() => undefined);
    expect(() => policyLogs(others as PolicyLogger)).toThrow(`\`logger.${level}\` to be a function`);
  });
});
