import { describe, expect, test, vi } from 'vitest';
import type { Invocation } from '../../../cdk/constructs/handlers/invoke.ts';
import { type WarmerEvent, warmerWith } from '../../../cdk/constructs/handlers/warmer.ts';
import { fakeClock } from '../../../lib/testing/index.ts';
import { readEmf } from '../../support/emf.ts';

const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:shop-charge:live';
const EVENT: WarmerEvent = { target: ARN, environments: 3, holdMs: 100, namespace: 'fibrin' };

const named = (environment: string): Invocation => ({
  kind: 'answer',
  payload: JSON.stringify({ environment }),
});
const answered = (payload: string): Invocation => ({ kind: 'answer', payload });
const failed = (errorType: string): Invocation => ({ kind: 'failure', errorType, passing: true });

/** Runs a warmer that gets these results, one row a round. */
async function run(rounds: readonly (readonly Invocation[])[], event: Partial<WarmerEvent> = {}) {
  const results = rounds.flat();
  const invoke = vi.fn(async () => results.shift() ?? failed('Unexpected'));
  const lines: string[] = [];
  const context = { getRemainingTimeInMillis: () => 60_000 };
  const warmer = warmerWith({ invoke, clock: fakeClock(), write: (line) => void lines.push(line) });
  const result = await warmer({ ...EVENT, ...event }, context);
  const calls = invoke.mock.calls as unknown as readonly [string, string, number][];
  return { result, lines, calls, holds: calls.map(([, ping]) => JSON.parse(ping).holdMs as number) };
}

describe('a warmer', () => {
  test('sends as many pings at once as environments are wanted, by the alias, and writes what it has met', async () => {
    const { result, lines, calls } = await run([[named('a'), named('b'), named('c')]]);
    expect(result).toEqual({ requested: 3, environments: 3, errors: {} });
    expect(calls).toEqual(
      Array.from({ length: 3 }, () => [ARN, '{"source":"fibrin.warmup","holdMs":100}', 58_000]),
    );
    expect(lines.map(readEmf)).toMatchObject([
      {
        namespace: 'fibrin',
        dimensions: { function: 'shop-charge' },
        metrics: { WarmingRequested: 3, WarmingEnvironments: 3 },
        units: { WarmingRequested: 'Count', WarmingEnvironments: 'Count' },
      },
    ]);
  });

  test('holds longer where pings met an environment twice, until it has met enough', async () => {
    const { result, holds } = await run([
      [named('a'), named('a'), named('b')],
      [named('a'), named('b'), named('b')],
      [named('c'), named('a'), named('b')],
    ]);
    expect(result.environments).toBe(3);
    expect(holds).toEqual([100, 100, 100, 300, 300, 300, 900, 900, 900]);
  });

  test('gives up after three rounds, and holds no longer than a function lets itself be held', async () => {
    const round = [named('a'), named('a'), named('b')];
    const { result, holds } = await run([round, round, round], { holdMs: 500 });
    expect(result.environments).toBe(2);
    expect(holds).toEqual([500, 500, 500, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  test('sends no more once a ping is refused: it would take from requests what there is', async () => {
    const throttled = failed('TooManyRequestsException');
    const { result, lines, calls } = await run([[named('a'), throttled, throttled]]);
    expect(calls).toHaveLength(3);
    expect(result).toEqual({ requested: 3, environments: 1, errors: { TooManyRequestsException: 2 } });
    expect(JSON.parse(lines[1] ?? '')).toEqual({
      level: 'WARN',
      message: '1 of 3 environments are warm',
      function: 'shop-charge',
      errors: { TooManyRequestsException: 2 },
      answersWithoutEnvironment: 0,
    });
  });

  test.each(['null', '"text"', '7', '{}', '{"environment":7}', 'no JSON', ''])(
    'counts no environment where the function answers otherwise than the middleware: %s',
    async (payload) => {
      const { result, lines, calls } = await run([[answered(payload), answered(payload), answered(payload)]]);
      expect(result.environments).toBe(0);
      expect(calls).toHaveLength(3);
      expect(lines[1]).toContain('"answersWithoutEnvironment":3');
      expect(lines.map((line) => JSON.parse(line))[0]).toMatchObject({ WarmingEnvironments: 0 });
    },
  );

  test.each([
    [{ environments: 0 }, /`environments`/],
    [{ holdMs: 5_000 }, /`holdMs`/],
    [{ target: '' }, /`target`/],
  ])('refuses an event that no schedule of the construct sends: %j', async (event, reason) => {
    await expect(run([], event)).rejects.toThrow(reason);
  });
});
