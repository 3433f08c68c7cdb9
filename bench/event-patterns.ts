/*
 * How many events a second the local event bus can hold against a pattern: one for each operator, a large one, and one
 * with `$or`. Prints the median, the fastest and the slowest of several rounds.
 */
import { matches } from '../lib/local/events/pattern/match.ts';
import { compilePattern } from '../lib/local/events/pattern/parse.ts';

const event = {
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'profile.updated',
  source: 'profiles',
  account: '000000000000',
  time: '2026-03-04T05:06:07Z',
  region: 'us-east-1',
  resources: ['arn:aws:dynamodb:us-east-1:000000000000:table/users'],
  detail: {
    id: '7',
    name: 'Ada Byron',
    total: 120.5,
    note: '',
    deletedAt: null,
    ip: '10.0.0.17',
    path: 'images/2026/cat.png',
    lines: Array.from({ length: 10 }, (_, index) => ({ sku: `sku-${index}`, count: index })),
  },
};

const PATTERNS: Readonly<Record<string, unknown>> = {
  exact: { source: ['profiles'], 'detail-type': ['profile.updated'] },
  prefix: { detail: { name: [{ prefix: 'Ada' }] } },
  suffix: { detail: { path: [{ suffix: '.png' }] } },
  'equals-ignore-case': { detail: { name: [{ 'equals-ignore-case': 'ada BYRON' }] } },
  'anything-but': { detail: { name: [{ 'anything-but': ['Eve', 'Mallory'] }] } },
  numeric: { detail: { total: [{ numeric: ['>', 100, '<=', 200] }] } },
  exists: { detail: { total: [{ exists: true }], missing: [{ exists: false }] } },
  cidr: { detail: { ip: [{ cidr: '10.0.0.0/24' }] } },
  wildcard: { detail: { path: [{ wildcard: 'images/*/*.png' }] } },
  'null and empty': { detail: { deletedAt: [null], note: [''] } },
  'array of objects': { detail: { lines: { sku: ['sku-9'], count: [9] } } },
  $or: { $or: [{ source: ['shop'] }, { detail: { total: [{ numeric: ['=', 120.5] }] } }] },
  'no match': { source: ['shop'] },
};

const ROUNDS = 7;
const ROUND_MS = 100;
const BATCH = 1_000;

function matchesPerSecond(pattern: unknown): number[] {
  const compiled = compilePattern(pattern);
  return Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    let done = 0;
    for (; performance.now() - startedAt < ROUND_MS; done += BATCH) {
      for (let index = 0; index < BATCH; index++) matches(compiled, event);
    }
    return (done / (performance.now() - startedAt)) * 1_000;
  }).sort((a, b) => a - b);
}

const rows = Object.entries(PATTERNS).map(([pattern, definition]) => {
  matchesPerSecond(definition);
  const rates = matchesPerSecond(definition).map(Math.round);
  return { pattern, median: rates[Math.floor(ROUNDS / 2)], slowest: rates[0], fastest: rates.at(-1) };
});
console.log(`matches per second on Node ${process.versions.node}, ${ROUNDS} rounds of ${ROUND_MS} ms`);
console.table(rows);
