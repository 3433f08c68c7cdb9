import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type EmfOptions, emfMetrics } from '../../lib/telemetry/emf.ts';
import type { Metric, MetricUnit } from '../../lib/telemetry/emf-limits.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';

function recordedMetrics(options: Partial<EmfOptions> = {}) {
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

const numbered = (amount: number, prefix: string) =>
  Object.fromEntries(Array.from({ length: amount }, (_, n) => [`${prefix}${n}`, 'x']));

/** The units of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const UNITS =
  'Seconds | Microseconds | Milliseconds | Bytes | Kilobytes | Megabytes | Gigabytes | Terabytes | Bits | Kilobits | Megabits | Gigabits | Terabits | Percent | Count | Bytes/Second | Kilobytes/Second | Megabytes/Second | Gigabytes/Second | Terabytes/Second | Bits/Second | Kilobits/Second | Megabits/Second | Gigabits/Second | Terabits/Second | Count/Second | None'.split(
    ' | ',
  ) as MetricUnit[];

describe('emfMetrics', () => {
  it('writes a line in the Embedded Metric Format', () => {
    const { lines, metrics } = recordedMetrics();
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

  it('counts 1 by default, and gives each metric a unit', () => {
    const { metrics, read } = recordedMetrics();
    metrics.count('Started');
    metrics.durationMs('Checkout', 182.5);
    metrics.put({ Items: { value: 3, unit: 'Count' }, Basket: { value: -59.9 } });
    expect(read()).toMatchObject([
      { metrics: { Started: 1 }, units: { Started: 'Count' } },
      { metrics: { Checkout: 182.5 }, units: { Checkout: 'Milliseconds' } },
      { metrics: { Items: 3, Basket: -59.9 }, units: { Items: 'Count', Basket: 'None' } },
    ]);
  });

  it('takes every unit of CloudWatch', () => {
    const { metrics, read, warnings } = recordedMetrics();
    metrics.put(Object.fromEntries(UNITS.map((unit) => [`In ${unit}`, { value: 1, unit }])));
    expect(read()[0]?.units).toEqual(Object.fromEntries(UNITS.map((unit) => [`In ${unit}`, unit])));
    expect(warnings).toEqual([]);
  });

  it('stores a metric at a resolution of one second where it says so', () => {
    const { lines, metrics, read } = recordedMetrics();
    metrics.put({
      Fine: { value: 1, resolution: 1 },
      Coarse: { value: 1, resolution: 60 },
      Default: { value: 1 },
    });
    expect(read()).toMatchObject([{ resolutions: { Fine: 1, Coarse: 60, Default: 60 } }]);
    expect(lines.join().match(/StorageResolution/g)).toHaveLength(1);
  });

  it.each(['Shop/Orders', 'a', '#1:2 _-.', 'x'.repeat(255)])('takes the namespace %j', (namespace) => {
    const { metrics, read } = recordedMetrics({ namespace });
    metrics.count('Started');
    expect(read()).toMatchObject([{ namespace }]);
  });

  it.each(['Order placed', '5xx', 'a/b#c:d', '__proto__', '"{}\\', 'x'.repeat(255)])(
    'takes the metric name %j',
    (name) => {
      const { metrics, read, warnings } = recordedMetrics();
      metrics.count(name);
      expect(Object.entries(read()[0]?.metrics ?? {})).toEqual([[name, 1]]);
      expect(warnings).toEqual([]);
    },
  );

  it.each(['user agent', '5xx', 'a:b', 'x'.repeat(250)])('takes the dimension name %j', (name) => {
    const { metrics, read, warnings } = recordedMetrics();
    metrics.count('Started', 1, { [name]: 'web' });
    expect(read()).toMatchObject([{ dimensions: { [name]: 'web' } }]);
    expect(warnings).toEqual([]);
  });

  it('adds its own dimensions to those of a call, which win', () => {
    const { metrics, read } = recordedMetrics({ dimensions: { stage: 'prod', channel: 'all' } });
    metrics.count('Started');
    metrics.count('OrderPlaced', 1, { channel: 'web' });
    expect(read().map(({ dimensions }) => dimensions)).toEqual([
      { stage: 'prod', channel: 'all' },
      { stage: 'prod', channel: 'web' },
    ]);
  });

  it('writes at most a hundred metrics a line', () => {
    const { metrics, read } = recordedMetrics();
    const many = Array.from({ length: 201 }, (_, n) => [`Metric${n}`, { value: n }]);
    metrics.put(Object.fromEntries(many) as Record<string, Metric>, { channel: 'web' });
    expect(read().map((line) => Object.keys(line.metrics).length)).toEqual([100, 100, 1]);
    expect(read().map(({ dimensions }) => dimensions)).toEqual(Array(3).fill({ channel: 'web' }));
  });

  it('writes no line where there is no metric', () => {
    const { metrics, lines, warnings } = recordedMetrics();
    metrics.put({});
    expect([...lines, ...warnings]).toEqual([]);
  });

  it.each<[string, string, Metric, RegExp]>([
    ['an empty name', '', { value: 1 }, /a name must be/],
    ['a name of spaces', '  ', { value: 1 }, /a name must be/],
    ['a name with a line break', 'Order\nplaced', { value: 1 }, /a name must be/],
    ['a name outside ASCII', 'Grüße', { value: 1 }, /a name must be/],
    ["the name of the format's own member", '_aws', { value: 1 }, /a name must be/],
    ['a name of 256 characters', 'x'.repeat(256), { value: 1 }, /a name must be/],
    ['the value NaN', 'Load', { value: Number.NaN }, /finite/],
    ['an infinite value', 'Load', { value: Number.POSITIVE_INFINITY }, /finite/],
    ['a value below -2^360', 'Load', { value: -(2 ** 361) }, /finite/],
    ['a value that is text', 'Load', JSON.parse('{ "value": "1" }') as Metric, /finite/],
    ['an unknown unit', 'Load', { value: 1, unit: 'Gremlins' as 'Count' }, /a unit must be/],
    ['a unit in the wrong case', 'Load', { value: 1, unit: 'bits/second' as 'Count' }, /a unit must be/],
    ['a resolution of 30 seconds', 'Load', { value: 1, resolution: 30 as 60 }, /a resolution must be/],
  ])('leaves out a metric with %s, warns once, and writes the others', (_, name, metric, reason) => {
    const { metrics, warnings, read } = recordedMetrics();
    for (let times = 0; times < 2; times++) metrics.put({ [name]: metric, Sound: { value: 1 } });
    expect(read().map((line) => line.metrics)).toEqual([{ Sound: 1 }, { Sound: 1 }]);
    expect(warnings).toEqual([expect.stringMatching(reason)]);
    expect(warnings.join()).not.toMatch(/Order|Gremlins/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['31 dimensions', numbered(30, 'own'), /30 dimensions at most/],
    ['a dimension that begins with a colon', { ':channel': 'web' }, /the name of a dimension/],
    ['a dimension without a name', { '': 'web' }, /the name of a dimension/],
    ['a dimension name outside ASCII', { größe: 'web' }, /the name of a dimension/],
    ['a dimension name of 251 characters', { ['x'.repeat(251)]: 'web' }, /the name of a dimension/],
    ["the format's own member as a dimension", { _aws: 'web' }, /the name of a dimension/],
    ['a dimension that has the name of the metric', { Started: 'web' }, /the name of a metric/],
  ])('leaves out a metric with %s, since with fewer dimensions it would be another', (_, own, reason) => {
    const { metrics, lines, warnings } = recordedMetrics({ dimensions: { stage: 'prod' } });
    metrics.count('Started', 1, own);
    expect(lines).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(reason)]);
  });

  it.each<[unknown, string]>([
    ['Grüße\n', 'Gr??e?'],
    ['', 'none'],
    ['   ', 'none'],
    ['x'.repeat(2_000), 'x'.repeat(1_024)],
    [7, '7'],
    [{ toString: null }, 'none'],
    [undefined, 'none'],
    [Symbol('a'), 'Symbol(a)'],
  ])('writes the dimension value %j as text that CloudWatch takes', (value, written) => {
    const { metrics, read } = recordedMetrics();
    metrics.count('Started', 1, { channel: value as string });
    expect(read()).toMatchObject([{ metrics: { Started: 1 }, dimensions: { channel: written } }]);
  });

  it('writes one whole line of ASCII whatever the name, the text and the value are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((name) => name !== 'channel'),
        fc.string({ unit: 'binary' }),
        fc.double(),
        (name, text, value) => {
          const { metrics, lines } = recordedMetrics();
          metrics.put({ [name]: { value }, Sound: { value: 1 } }, { channel: text });
          const [line = ''] = lines;
          expect(lines).toHaveLength(1);
          expect(line).toMatch(/^[\x20-\x7e]+$/);
          expect(readEmf(line).metrics).toHaveProperty('Sound');
        },
      ),
    );
  });

  it.each<[string, Partial<EmfOptions>]>([
    ['the line cannot be written', { write: fail }],
    ['the warning cannot be written either', { write: fail, onWarning: fail }],
    ['the clock fails', { clock: { ...fakeClock(), now: fail } }],
  ])('never throws where %s', (_, options) => {
    const { metrics } = recordedMetrics(options);
    expect(() => metrics.count('Started')).not.toThrow();
  });

  it('warns once of lines that cannot be written', () => {
    const { metrics, warnings } = recordedMetrics({ write: fail });
    for (let times = 0; times < 2; times++) metrics.count('Started');
    expect(warnings).toEqual([expect.stringMatching(/it could not be written: ENOSPC/)]);
  });

  it('writes to stdout, and its warnings to stderr, by default', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const warn = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const metrics = emfMetrics({ namespace: 'Shop' });
    metrics.count('Started');
    metrics.count('');
    const written = write.mock.calls.map(([line]) => String(line));
    const warned = warn.mock.calls.map(([line]) => String(line));
    vi.restoreAllMocks();
    expect(written).toEqual([expect.stringMatching(/^\{.*"Started":1\}\n$/)]);
    expect(warned).toEqual([expect.stringMatching(/a metric was left out/)]);
  });

  it.each([
    [{ namespace: '' }, /expected `namespace` to be 1 to 255 printable ASCII/],
    [{ namespace: 'x'.repeat(256) }, /`namespace`/],
    [{ namespace: ':Shop' }, /`namespace`/],
    [{ namespace: 'AWS/Lambda' }, /`namespace`/],
    [{ namespace: 'Grüße' }, /`namespace`/],
    [{ namespace: 7 }, /`namespace`/],
    [{ namespace: 'A', colour: 'red' }, /unknown option `colour`/],
    [{ namespace: 'A', dimensions: numbered(31, 'own') }, /`dimensions`: there must be 30/],
    [{ namespace: 'A', dimensions: { ':a': 'x' } }, /`dimensions`: the name of a dimension/],
  ])('refuses bad options: %j', (options, reason) => {
    expect(() => emfMetrics(options as EmfOptions)).toThrow(reason);
  });
});

function fail(): never {
  throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
}
