import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { runChecks } from '../../lib/cli/simulate/run-checks.ts';
import type { Check } from '../../lib/simulation/check.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runCommand, startCommand } from '../support/local-run.ts';
import { aliveOf, childrenOf } from '../support/processes.ts';

const SMALL = ['--sandboxes', '20', '--rate', '5', '--seed', '4'];
const simulate = (...args: readonly string[]) => runCommand(['simulate', ...SMALL, ...args]);

it('shows the shared breaker beside others, and draws them', async () => {
  const svg = join(temporaryFolder(), 'chart.svg');
  const { code, output } = await simulate('--beside', '--svg', svg);

  expect(code).toBe(0);
  expect(output).toMatch(/fibrin +in-process +circuitbreaker-lambda +powertools-python/);
  const drawn = readFileSync(svg, 'utf8');
  expect(drawn).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(drawn.match(/<text class="name"/g)).toHaveLength(4);
});

it('gives the same for the same seeds, which come from the first one on', async () => {
  const args = ['--seeds', '2', '--json', '--freeze', '--loss', '0.1'];
  const [first, second] = await Promise.all([simulate(...args), simulate(...args)]);

  const { seeds } = JSON.parse(first.output);
  expect(seeds).toMatchObject([{ seed: 4 }, { seed: 5 }]);
  expect(seeds[0].failedCalls).toBeGreaterThan(0);
  expect(second.output).toBe(first.output);
});

it('says what is wrong, and with what', async () => {
  expect(await simulate('--loss', '2')).toMatchObject({ code: 2, output: expect.stringContaining('--loss') });
  const nowhere = join(temporaryFolder(), 'missing', 'chart.svg');
  const { code, output } = await simulate('--svg', nowhere);
  expect(code).toBe(2);
  expect(output).toContain(`--svg: expected a file that can be written, got ${JSON.stringify(nowhere)}`);
});

it('runs a check, which ends with 0 when its limits are met', async () => {
  const args = ['--check', 'skew-ahead-10s', '--seeds', '1', '--seed', '4'];
  const { code, output } = await runCommand(['simulate', ...args]);

  expect(output).toMatch(
    /^ok +skew-ahead-10s +fraction rejected 50 s after the outage +0 +worst at most 0$/m,
  );
  expect(output).toMatch(/^1 checks, 0 missed$/m);
  expect(code).toBe(0);
  const json = await runCommand(['simulate', ...args, '--json']);
  expect(JSON.parse(json.output)).toMatchObject({
    ...{ isMet: true, firstSeed: 4, skipped: [] },
    checks: [{ name: 'skew-ahead-10s', seeds: 1, lines: [{ figure: 'rejectedSettled' }, {}] }],
  });
});

it('runs a check of caches', async () => {
  const args = ['simulate', 'cache', '--check', 'frozen-refresh', '--seeds', '1', '--seed', '4'];
  const { code, output } = await runCommand(args);

  expect(output).toMatch(/^ok +frozen-refresh +calls that failed +0 +worst at most 0$/m);
  expect(output).toMatch(/^1 checks, 0 missed$/m);
  expect(code).toBe(0);
  expect((await runCommand(['simulate', 'cache', '--help'])).output).toContain('cache --check [NAME]');
  expect(await runCommand(['simulate', 'cache'])).toMatchObject({
    ...{ code: 2, output: expect.stringContaining('cache --check') },
  });
});

it('ends with 1 when a limit is missed, or a simulation ends early', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const check: Check = {
    ...{ name: 'missed', scenario: 'outage', seeds: 1, lines: [{ figure: 'failedCalls', worst: 0 }] },
    given: { sandboxes: 2, rate: 5, warmUpMs: 1_000, healthyMs: 1_000, outageMs: 9_000, afterMs: 1_000 },
  };
  const request = { kind: 'check', skipped: [], firstSeed: 4, seedCount: undefined, json: false } as const;
  // The retry takes ten attempts at most.
  const broken: Check = { ...check, name: 'broken', given: { ...check.given, maxAttempts: 11 } };
  const code = await runChecks({ ...request, checks: [check, broken] });

  const text = log.mock.calls.flat().join('\n');
  expect(code).toBe(1);
  expect(text).toMatch(/^MISSED +missed +calls that failed in the outage/m);
  expect(text).toMatch(/^MISSED +broken +ended early: InvalidOptionError/m);
  expect(text).toMatch(/2 checks, 2 missed: missed, broken$/);
});

it('leaves no process behind when it is killed', async () => {
  const child = startCommand(['simulate', '--check', 'outage', '--seeds', '2']);
  await expect.poll(() => childrenOf(child.pid).length).toBeGreaterThan(0);
  const workers = childrenOf(child.pid);
  child.kill('SIGKILL');

  await expect.poll(() => aliveOf(workers)).toEqual([]);
});
