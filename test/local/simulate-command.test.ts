import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { runCommand } from '../support/local-run.ts';

const SMALL = ['--sandboxes', '20', '--rate', '5', '--seed', '4'];
const simulate = (...args: readonly string[]) => runCommand(['simulate', ...SMALL, ...args]);

it('shows a fleet beside other breakers, and draws them', async () => {
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
