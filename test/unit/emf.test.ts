import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type EmfOptions, emfMetrics } from '../../lib/telemetry/emf.ts';
import type { Metric } from '../../lib/telemetry/emf-limits.ts';
import { idempotencyMetrics } from '../../lib/telemetry/idempotency-metrics.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';

function world(options: Partial<EmfOptions> = {}) {
  const lines: string[] = [];
  const warnings: string[] = [];
  const metrics = emfMetrics({
    namespace: 'Shop',
    clock: fakeClock(1_000),
    write: (line) => lines.push(line),
    onWarning: (warning) => warnings.push(warning),
    ...options,
  });
  return { lines, warnings, metrics, read: () => lines.map(readEmf) };
}

const named = (amount: number, prefix: string) =>
  Object.fromEntries(Array.from({ length: amount }, (_, n) => [`${prefix}${n}`, 'x']));

describe('metrics', () => {
  it('are lines that CloudWatch reads', () => {
    const { lines, metrics } = world();
    metrics.count('OrderPlaced', 2, { channel: 'web' });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        _aws: {
          Timestamp: 1_000,
          CloudWatchMetrics: [
            {
              Namespace: 'Shop',
              Dimensions: [['channel']],
              Metrics: [{ Name: 'OrderPlaced', Unit: 'Count' }],
            },
          ],
        },
        channel: 'web',
        OrderPlaced: 2,
      },
    ]);
  });

  it('count one where nobody says how many, and have units', () => {
    const { metrics, read } = world();
    metrics.count('Started');
    metrics.durationMs('Checkout', 182.5);
    metrics.put({ Items: { value: 3, unit: 'Count' }, Basket: { value: -59.9 } });
    expect(read()).toMatchObject([
      { metrics: { Started: 1 }, units: { Started: 'Count' } },
      { metrics: { Checkout: 182.5 }, units: { Checkout: 'Milliseconds' } },
      { metrics: { Items: 3, Basket: -59.9 }, units: { Items: 'Count', Basket: 'None' } },
    ]);
  });

  it('have the dimensions of all, which those of a call stand before', () => {
    const { metrics, read } = world({ dimensions: { stage: 'prod', channel: 'all' } });
    metrics.count('Started');
    metrics.count('OrderPlaced', 1, { channel: 'web' });
    expect(read().map(({ dimensions }) => dimensions)).toEqual([
      { stage: 'prod', channel: 'all' },
      { stage: 'prod', channel: 'web' },
    ]);
  });

  it('are at most a hundred a line', () => {
    const { metrics, read } = world();
    const many = Array.from({ length: 201 }, (_, n) => [`Metric${n}`, { value: n }]);
    metrics.put(Object.fromEntries(many) as Record<string, Metric>, { channel: 'web' });
    expect(read().map((line) => Object.keys(line.metrics).length)).toEqual([100, 100, 1]);
    expect(read().map(({ dimensions }) => dimensions)).toEqual(Array(3).fill({ channel: 'web' }));
  });

  it('are no line where there are none', () => {
    const { metrics, lines, warnings } = world();
    metrics.put({});
    expect([...lines, ...warnings]).toEqual([]);
  });

  it.each<[string, string, Metric, RegExp]>([
    ['a name with a space', 'Order placed', { value: 1 }, /a name must be/],
    ['a name of the format itself', '_aws', { value: 1 }, /a name must be/],
    ['a name that is a prototype', '__proto__', { value: 1 }, /a name must be/],
    ['a name of 101 characters', 'x'.repeat(101), { value: 1 }, /a name must be/],
    ['a value that is none', 'Load', { value: Number.NaN }, /finite/],
    ['a value without an end', 'Load', { value: Number.POSITIVE_INFINITY }, /finite/],
    ['a value beyond CloudWatch', 'Load', { value: -(2 ** 361) }, /finite/],
    ['a value of another type', 'Load', { value: '1' as unknown as number }, /finite/],
    ['a unit that is none', 'Load', { value: 1, unit: 'Gremlins' as 'Count' }, /a unit must be/],
  ])('are left out and warned of once with %s, without those beside them', (_, name, metric, reason) => {
    const { metrics, warnings, read } = world();
    for (let times = 0; times < 2; times++) metrics.put({ [name]: metric, Sound: { value: 1 } });
    expect(read().map((line) => line.metrics)).toEqual([{ Sound: 1 }, { Sound: 1 }]);
    expect(warnings).toEqual([expect.stringMatching(reason)]);
    expect(warnings.join()).not.toMatch(/Order placed|Gremlins/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['more than 30', named(30, 'own'), /30 dimensions at most/],
    ['a name that CloudWatch refuses', { ':channel': 'web' }, /the name of a dimension/],
    ['the name of the metric', { Started: 'web' }, /named as a metric/],
  ])('are left out and warned of with dimensions that would be others: %s', (_, dimensions, reason) => {
    const { metrics, lines, warnings } = world({ dimensions: { stage: 'prod' } });
    metrics.count('Started', 1, dimensions);
    expect(lines).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(reason)]);
  });

  it.each([
    ['Grüße\n', 'Gr??e?'],
    ['', 'none'],
    ['   ', 'none'],
    ['x'.repeat(2_000), 'x'.repeat(1_024)],
  ])('keep a dimension whose value CloudWatch would refuse, as one that it takes: %j', (value, kept) => {
    const { metrics, read } = world();
    metrics.count('Started', 1, { channel: value });
    expect(read()).toMatchObject([{ metrics: { Started: 1 }, dimensions: { channel: kept } }]);
  });

  it('are one whole line whatever they are made of', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), fc.double(), (name, text, value) => {
        const { metrics, lines } = world();
        metrics.put({ [name]: { value }, Sound: { value: 1 } }, { channel: text });
        const [line = ''] = lines;
        expect(lines).toHaveLength(1);
        expect(line).toMatch(/^[\x20-\x7e]+$/);
        expect(readEmf(line).metrics).toMatchObject({ Sound: 1 });
      }),
    );
  });

  it('go to stdout and their warnings to stderr by default', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const warn = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const metrics = emfMetrics({ namespace: 'Shop' });
    metrics.count('Started');
    metrics.count('not a name');
    const written = write.mock.calls.map(([line]) => String(line));
    const warned = warn.mock.calls.map(([line]) => String(line));
    vi.restoreAllMocks();
    expect(written).toEqual([expect.stringMatching(/^\{.*"Started":1\}\n$/)]);
    expect(warned).toEqual([expect.stringMatching(/a metric was left out/)]);
  });

  it.each([
    [{ namespace: '' }, /`namespace` to be a name/],
    [{ namespace: 'A', colour: 'red' }, /unknown option `colour`/],
    [{ namespace: 'A', dimensions: named(31, 'own') }, /`dimensions`: there must be 30/],
    [{ namespace: 'A', dimensions: { 'a b': 'x' } }, /`dimensions`: the name of a dimension/],
  ])('are refused with bad options: %j', (options, reason) => {
    expect(() => emfMetrics(options)).toThrow(reason);
  });
});

describe('the metrics of idempotency', () => {
  it('count by operation and hold no key', async () => {
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

  it('cost no call when they cannot be written', () => {
    const write = vi.fn(() => {
      throw new Error('no disk');
    });
    const onEvent = idempotencyMetrics({ namespace: 'Shop', write });
    expect(() => onEvent({ kind: 'claimed', operation: 'charge' })).not.toThrow();
    expect(write).toHaveBeenCalled();
  });
});
