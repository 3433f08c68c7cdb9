import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as lines from '../../lib/core/metric-names.ts';

const LINES: Readonly<Record<string, lines.MetricLine>> = { ...lines };

const source = (file: string) =>
  readFileSync(new URL(`../../lib/telemetry/${file}`, import.meta.url), 'utf8');

/** Rows of a docstring's table: the metrics in backquotes, and what is in backquotes in the cell after them. */
function documented(file: string): string[] {
  const rows = source(file).matchAll(/^ \* \| (`[A-Z][^|]*)\|([^|]*)\|/gm);
  return [...rows].flatMap(([, names = '', dimensions = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) =>
      `${name} ${dimensions.replaceAll(/[`, ]+/g, ' ').trim()}`.trim(),
    ),
  );
}

/** The same of declared lines, without the dimension that all of them have. */
const declared = (among: readonly lines.MetricLine[]): string[] =>
  among.flatMap(({ units, dimensions }) =>
    Object.keys(units).map((metric) => [metric, ...dimensions.slice(1)].join(' ')),
  );

const unique = (texts: readonly string[]) => [...new Set(texts)].sort();

describe('the declared metrics', () => {
  it('are those of the documentation of policyMetrics', () => {
    const { IDEMPOTENCY: _, INVOCATION: __, WARMING: ___, ...ofPolicies } = LINES;
    expect(unique(documented('policy-metrics.ts'))).toEqual(unique(declared(Object.values(ofPolicies))));
  });

  it('have each set of dimensions once for a name', () => {
    const metrics = Object.values(LINES).flatMap(({ units, dimensions }) =>
      Object.keys(units).map((metric) => [metric, ...dimensions].join(' ')),
    );
    // Both who changes a state and who notices say how long the breaker waits.
    expect(metrics.filter((metric, n) => metrics.indexOf(metric) !== n)).toEqual([
      'BreakerWait breaker from to',
    ]);
  });
});
