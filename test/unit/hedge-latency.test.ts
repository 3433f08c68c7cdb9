import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hedge } from '../../lib/policy/hedge.ts';
import { ALL_SLOW, latencyOf, WITH_A_TAIL } from '../support/hedge-latency.ts';

const GUIDE = readFileSync(new URL('../../docs/guides/calls.md', import.meta.url), 'utf8');
const LATENCIES = { '1 in 20 is slow': WITH_A_TAIL, 'all are slow': ALL_SLOW };

/** The rows of the guide's table: which calls, the delay, three percentiles in milliseconds, and calls for 100 requests. */
const rows = [...GUIDE.matchAll(/^\| (1 in 20 is slow|all are slow) \| (.*?) \|(.*)\|$/gm)].map(
  ([, calls = '', hedge = '', figures = '']) => ({
    latency: LATENCIES[calls as keyof typeof LATENCIES],
    what: `${calls}, ${hedge}`,
    delayMs: Number(/delayMs: (\d+)/.exec(hedge)?.[1] ?? 0),
    figures: figures.split('|').map((figure) => Number.parseInt(figure, 10)),
  }),
);

describe('the latency of hedged calls', () => {
  test('has five rows in the guide', () => {
    expect(rows).toHaveLength(5);
  });

  test.each(rows)('is as the guide says: $what', async ({ latency, delayMs, figures }) => {
    const { p50, p95, p99, calls } = await latencyOf(
      latency,
      delayMs > 0 ? { hedge: hedge({ delayMs }) } : {},
    );

    expect([p50, p95, p99, calls]).toEqual(figures);
  });
});
