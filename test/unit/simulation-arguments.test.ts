import { describe, expect, test } from 'vitest';
import { readArguments, seedsFrom } from '../../lib/cli/simulate/arguments.ts';
import { readCacheArguments } from '../../lib/cli/simulate/cache-arguments.ts';
import { CACHE_CHECKS } from '../../lib/simulation/cache/checks.ts';
import { scenarioOf } from '../../lib/simulation/scenario.ts';
import { SCENARIO_NAMES } from '../../lib/simulation/scenarios.ts';

const read = (...args: string[]) => readArguments(args, () => 11);

describe('the arguments of a simulation', () => {
  test('are none, where a new seed and the default outage will do', () => {
    expect(read()).toEqual({
      ...{ kind: 'run', scenario: 'outage', seeds: [11], given: {} },
      ...{ json: false, beside: false, svg: undefined },
    });
  });

  test('change parts of a scenario', () => {
    const args = '--sandboxes 50 --rate 7.5 --outage 90s --errors 0.7 --healthy-errors 0.01 --latency 20ms';
    const more = '--failure-latency 3s --slow-call 1s --seed 4294967295 --seeds 2 --attempts 3';
    const output = '--json --beside --svg a.svg --scenario partial';

    expect(read(...`${args} ${more} ${output}`.split(' '))).toEqual({
      ...{ kind: 'run', scenario: 'partial', seeds: [4_294_967_295, 0] },
      ...{ json: true, beside: true, svg: 'a.svg' },
      given: {
        ...{ sandboxes: 50, rate: 7.5, outageMs: 90_000, outageErrors: 0.7, errors: 0.01 },
        ...{ okMs: 20, failedMs: 3_000, slowCallMs: 1_000, maxAttempts: 3 },
      },
    });
    expect(read('--outage', '60s..180s')).toMatchObject({ given: {} });
  });

  test('add faults', () => {
    const args = '--loss 0.05 --freeze --skew 500ms --skew-one=-1d --concurrency 10';
    const store = '--store-outage 10s..40s --store-fault slow --hostile counts:huge-numbers';

    expect(read(...`${args} ${store}`.split(' '))).toMatchObject({
      given: {
        ...{ lossFraction: 0.05, isFreezing: true, skewMs: 500, skewOneMs: -86_400_000, concurrency: 10 },
        storeOutage: { fromMs: 10_000, toMs: 40_000, kind: 'slow' },
        hostile: { item: 'counts', garbage: 'huge-numbers', atMs: -30_000 },
      },
    });
    expect(read('--skew-one', '+10s', '--hostile', 'state:huge-rate', '--hostile-at', '20s')).toMatchObject({
      given: { skewOneMs: 10_000, hostile: { item: 'state', garbage: 'huge-rate', atMs: 20_000 } },
    });
  });

  test('may ask for help', () => {
    expect(read('--help')).toBe('help');
  });

  test.each([
    ['--sandboxes', '0'],
    ['--sandboxes', '1.5'],
    ['--rate', 'many'],
    ['--rate', ''],
    ['--rate', '0.001'],
    ['--errors', '1.1'],
    ['--outage', '60'],
    ['--outage', '2h'],
    ['--outage', '10s..20s'],
    ['--scenario', 'none'],
    ['--seeds', '0'],
    ['--latency', '61m'],
    ['--svg', ''],
    ['--attempts', '11'],
    ['--loss', '1.1'],
    ['--loss', 'some'],
    ['--skew', '500'],
    ['--skew', '2h'],
    ['--skew-one', '1'],
    ['--skew-one', '367d'],
    ['--concurrency', '0'],
    ['--concurrency', '1.5'],
    ['--concurrency', '1001'],
    ['--store-outage', '10s'],
    ['--store-outage', '10s..10s'],
    ['--store-outage', '..10s'],
    ['--store-outage', '1s..2s..3s'],
    ['--store-outage', '1s..2h'],
    ['--store-fault', 'slow'],
    ['--hostile', 'state'],
    ['--hostile', 'counts:huge-rate'],
    ['--hostile-at', '20s'],
    ['--check', 'none'],
  ])('are refused by name: %s %j', (option, value) => {
    expect(() => read(option, value)).toThrow(option);
  });

  test('name a store fault that exists', () => {
    expect(() => read('--store-outage', '1s..2s', '--store-fault', 'odd')).toThrow('--store-fault');
  });

  test('name scenarios that can be made', () => {
    for (const name of SCENARIO_NAMES) expect(scenarioOf(name, 1).seed).toBe(1);
  });
});

describe('the arguments of a check', () => {
  test('name one, with as many seeds as it says', () => {
    expect(read('--check', 'outage')).toMatchObject({
      ...{ kind: 'check', checks: [{ name: 'outage' }], skipped: [] },
      ...{ firstSeed: 11, seedCount: undefined, json: false },
    });
  });

  test('name several by how they begin', () => {
    const request = read('--check', 'skew', '--json', '--seed', '3', '--seeds', '7');
    expect(request).toMatchObject({ kind: 'check', firstSeed: 3, seedCount: 7, json: true });
    expect(request).toMatchObject({ checks: { length: 4 } });
  });

  test('make it quick: two seeds, and nothing that takes minutes', () => {
    const all = read('--check', 'all');
    const quick = read('--check', 'all', '--quick');
    expect(quick).toMatchObject({ seedCount: 2, skipped: [{ name: 'large' }] });
    if (all === 'help' || quick === 'help' || all.kind === 'run' || quick.kind === 'run') throw new Error();
    expect(quick.checks.length).toBe(all.checks.length - 1);
    expect(read('--check', 'all', '--quick', '--seeds', '3')).toMatchObject({ seedCount: 3 });
  });

  test.each(['--freeze', '--beside', '--rate=5', '--scenario=outage', '--svg=a.svg'])(
    'are refused beside those of a scenario: %s',
    (option) => {
      expect(() => read('--check', 'outage', option)).toThrow(/--check .* no --/);
    },
  );

  test('say which check is quick', () => {
    expect(() => read('--quick')).toThrow('--quick');
    expect(() => read('--check')).toThrow('--check');
  });

  test('begin again at 0 after the last seed', () => {
    expect(seedsFrom(4_294_967_294, 3)).toEqual([4_294_967_294, 4_294_967_295, 0]);
  });
});

describe('the arguments of a check of caches', () => {
  const readCache = (...args: string[]) => readCacheArguments(args, () => 11);

  test('name none, one, or several by how they begin', () => {
    expect(readCache('--check')).toEqual({
      ...{
        kind: 'check',
        checks: CACHE_CHECKS,
        skipped: [],
        firstSeed: 11,
        seedCount: undefined,
        json: false,
      },
    });
    expect(readCache('--check', 'outage')).toMatchObject({ checks: [{ name: 'outage' }] });
    expect(readCache('store', '--check', '--seed', '3', '--seeds', '7', '--json')).toMatchObject({
      ...{ checks: { length: 4 }, firstSeed: 3, seedCount: 7, json: true },
    });
    expect(readCache('--check', '--quick')).toMatchObject({ seedCount: 2 });
    expect(readCache('--help')).toBe('help');
  });

  test.each([
    [],
    ['outage'],
    ['--check', 'outage', 'clocks'],
    ['--check', 'none'],
    ['--check', '--seeds', '0'],
  ])('are refused: %s %s %s', (...args) => {
    expect(() => readCache(...args.filter((arg) => arg !== undefined))).toThrow(/--(check|seeds)/);
  });

  test('know no option of another simulation', () => {
    expect(() => readCache('--check', '--rate', '5')).toThrow('--rate');
  });
});
