import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { IDEMPOTENCY } from '../../lib/core/metric-names.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { boundedMetrics, WELL_KNOWN_CODES } from '../../lib/telemetry/bounded-metrics.ts';
import { idempotencyMetrics } from '../../lib/telemetry/idempotency-metrics.ts';
import { readEmf } from '../support/emf.ts';

const LIB = fileURLToPath(new URL('../../lib', import.meta.url));

const CALLS = { Calls: 'Count' } as const;

function valuesOf(dimension: string, amount: number) {
  const lines: string[] = [];
  const write = boundedMetrics({ namespace: 'Shop', write: (line) => lines.push(line) });
  for (let n = 0; n < amount; n++)
    write({ dimensions: [dimension], units: CALLS }, { [dimension]: `V${n}` }, { Calls: 1 });
  return new Set(lines.map((line) => readEmf(line).dimensions[dimension]));
}

describe('boundedMetrics', () => {
  it.each([
    ['code', 20],
    ['by', 20],
    ['from', 20],
    ['policy', 100],
    ['breaker', 100],
    ['operation', 100],
  ])('gives the dimension `%s` at most %d values, and OTHER', (dimension, most) => {
    const values = valuesOf(dimension, 500);
    expect(values.size).toBe(most + 1);
    expect(values).toContain('OTHER');
  });

  it('bounds each dimension apart, and each metrics object', () => {
    const lines: string[] = [];
    const options = { namespace: 'Shop', write: (line: string) => lines.push(line) };
    const line = { dimensions: ['code', 'policy'], units: CALLS };
    for (const write of [boundedMetrics(options), boundedMetrics(options)])
      for (let n = 0; n < 21; n++) write(line, { code: `C${n}`, policy: `P${n}` }, { Calls: 1 });
    expect(lines.map((line) => readEmf(line).dimensions).filter((_, n) => n % 21 === 20)).toEqual([
      { code: 'OTHER', policy: 'P20' },
      { code: 'OTHER', policy: 'P20' },
    ]);
  });

  it('leaves the dimensions of all metrics alone, which are options', () => {
    const lines: string[] = [];
    const write = (line: string) => lines.push(line);
    for (let n = 0; n < 21; n++)
      boundedMetrics({ namespace: 'Shop', dimensions: { stage: `S${n}` }, write })(
        { dimensions: [], units: CALLS },
        {},
        { Calls: 1 },
      );
    expect(readEmf(lines.at(-1) ?? '').dimensions).toEqual({ stage: 'S20' });
  });

  it('always admits the code of every error that the toolkit throws at run time', () => {
    const files = ['core', 'http', 'idempotency', 'events', 'policy', 'breaker', 'store'].flatMap((folder) =>
      readdirSync(join(LIB, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(LIB, folder, file), 'utf8')),
    );
    const thrown = files.flatMap((text) =>
      [...text.matchAll(/(?:super|FibrinError)\(\s*'([A-Z_]+)'/g)].map(([, code]) => code),
    );
    expect(thrown.length).toBeGreaterThan(10);
    expect(thrown.filter((code) => !WELL_KNOWN_CODES.has(code ?? ''))).toEqual([]);
  });
});

describe('idempotencyMetrics', () => {
  it('counts each kind of event by operation, without a key', async () => {
    const lines: string[] = [];
    const onEvent = idempotencyMetrics({ namespace: 'Shop', write: (line) => lines.push(line) });
    const options = { store: memoryStore(), operation: 'charge', key: () => 'secret-key', onEvent };
    const charge = idempotent(options, async (_event: object, _context: object) => 'done');
    const context = { getRemainingTimeInMillis: () => 3_000 };
    await charge({}, context);
    await charge({}, context);
    expect(lines.map(readEmf)).toMatchObject([
      { metrics: { IdempotencyClaimed: 1 }, dimensions: { operation: 'charge' } },
      { metrics: { IdempotencyCompleted: 1 } },
      { metrics: { IdempotencyReplayed: 1 } },
    ]);
    expect(lines.join()).not.toMatch(/secret-key|idempotency#/);
  });

  it('counts the events that are declared, each as a metric, and no other', () => {
    const lines: string[] = [];
    const onEvent = idempotencyMetrics({ namespace: 'Shop', write: (line) => lines.push(line) });
    const kinds = Object.keys(IDEMPOTENCY.units).map((name) => name.replace('Idempotency', '').toLowerCase());
    for (const kind of [...kinds, 'kind', 'toString']) onEvent({ kind, operation: 'charge' });
    expect(lines.map((line) => readEmf(line).units)).toEqual(
      Object.entries(IDEMPOTENCY.units).map((metric) => Object.fromEntries([metric])),
    );
  });

  it('bounds the operations, which come from events', () => {
    const lines: string[] = [];
    const onEvent = idempotencyMetrics({ namespace: 'Shop', write: (line) => lines.push(line) });
    for (let n = 0; n < 200; n++) onEvent({ kind: 'held', operation: `op${n}` });
    const operations = lines.map((line) => readEmf(line).dimensions['operation']);
    expect([new Set(operations).size, operations.at(-1)]).toEqual([101, 'OTHER']);
  });

  it('never throws when the line cannot be written', () => {
    const write = vi.fn(() => {
      throw new Error('no disk');
    });
    const onEvent = idempotencyMetrics({ namespace: 'Shop', write, onWarning: () => undefined });
    expect(() => onEvent({ kind: 'claimed', operation: 'charge' })).not.toThrow();
    expect(write).toHaveBeenCalled();
  });
});
