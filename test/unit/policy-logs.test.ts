import { describe, expect, it, vi } from 'vitest';
import { type PolicyLogger, policyLogs } from '../../lib/telemetry/policy-logs.ts';
import { settle } from '../../lib/testing/index.ts';
import { policyEvents } from '../support/policy-events.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

function loggerOf(log: (level: string, message: string, fields: object) => unknown): PolicyLogger {
  const at = (level: string) => (message: string, fields: object) => log(level, message, fields);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

describe('the log lines of policies', () => {
  it('have the level that they deserve, and name policy and code', () => {
    const lines: unknown[] = [];
    const onEvent = policyLogs(loggerOf((level, message, fields) => lines.push([level, message, fields])));
    for (const event of policyEvents) onEvent(event);
    const policy = 'posts';
    const breaker = 'shared';
    const made = { from: 'closed', to: 'open', how: 'made', admittedShare: 0 };
    const seen = { from: 'half-open', to: 'closed', how: 'seen', admittedShare: 0.25 };
    expect(lines).toEqual([
      ['debug', 'Policy "posts" ended attempt 1', { event: 'attempt', policy, attempt: 1, durationMs: 12 }],
      [
        'debug',
        'Policy "posts" ended attempt 1: ECONNREFUSED',
        { event: 'attempt', policy, attempt: 1, durationMs: 7, code: 'ECONNREFUSED' },
      ],
      [
        'info',
        'Policy "posts" waits for a further attempt: ECONNREFUSED',
        { event: 'retry', policy, attempt: 2, delayMs: 40, code: 'ECONNREFUSED' },
      ],
      [
        'warn',
        'Policy "posts" did not make a call, by its breaker',
        { event: 'rejected', policy, by: 'breaker' },
      ],
      [
        'debug',
        'Policy "posts" answered',
        { event: 'outcome', policy, source: 'live', attempts: 2, durationMs: 90 },
      ],
      [
        'warn',
        'Policy "posts" answered by its fallback: BREAKER_OPEN',
        { event: 'outcome', policy, source: 'fallback', attempts: 0, durationMs: 1, code: 'BREAKER_OPEN' },
      ],
      [
        'error',
        'Policy "posts" failed: ECONNREFUSED',
        { event: 'outcome', policy, source: 'none', attempts: 2, durationMs: 95, code: 'ECONNREFUSED' },
      ],
      ['warn', 'Breaker "shared" is open; it was closed', { event: 'breaker-state', breaker, ...made }],
      ['info', 'Breaker "shared" is closed; it was half-open', { event: 'breaker-state', breaker, ...seen }],
      [
        'debug',
        'Breaker "shared" has reported a failed call',
        { event: 'breaker-evidence', breaker, calls: 52, failures: 40 },
      ],
      [
        'debug',
        'Breaker "shared" has reported a slow call',
        { event: 'breaker-evidence', breaker, calls: 53, failures: 41 },
      ],
      [
        'warn',
        'Breaker "shared" has no answer from its store; what is known stands',
        { event: 'breaker-store', breaker },
      ],
      ['info', 'Breaker "shared" has answers from its store again', { event: 'breaker-store', breaker }],
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('are warnings where a breaker is forced open, and not where it is forced closed', () => {
    const levels: string[] = [];
    const onEvent = policyLogs(loggerOf((level) => levels.push(level)));
    for (const to of ['forced-open', 'forced-closed'] as const)
      onEvent({ kind: 'breaker-state', name: 'shared', from: 'closed', to, how: 'seen', admittedShare: 0 });

    expect(levels).toEqual(['warn', 'info']);
  });

  it('are written by a logger that needs its `this`', () => {
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
  ])('cost no call when the logger %s', async (_, fail) => {
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

  it.each(LEVELS)('are refused by a logger without %s', (level) => {
    const { [level]: _, ...others } = loggerOf(() => undefined);
    expect(() => policyLogs(others as PolicyLogger)).toThrow(`\`logger.${level}\` to be a function`);
  });
});
