import { describe, expect, test, vi } from 'vitest';
import { campaignOptions } from '../support/campaign-options.ts';

const NUMBERS = {
  runs: { about: 'how many', variable: 'FIBRIN_TEST_RUNS', otherwise: 1_000, min: 1 },
  seed: { about: 'which ones', variable: 'FIBRIN_TEST_SEED', otherwise: 7, called: 'another one each time' },
};

class Ended extends Error {}

function read(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const said: string[] = [];
  let code: unknown;
  vi.spyOn(process, 'exit').mockImplementation((given) => {
    code = given;
    throw new Ended();
  });
  for (const way of ['log', 'error'] as const)
    vi.spyOn(console, way).mockImplementation((text) => void said.push(String(text)));
  try {
    const given = { argv: ['node', 'main.ts', ...args], env };
    return { numbers: campaignOptions('test:it', 'Tries it.', NUMBERS, given), code, said: said.join('\n') };
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    return { code, said: said.join('\n') };
  }
}

describe('a campaign', () => {
  test('takes its numbers from options, then from variables, then from what it does by default', () => {
    expect(read([]).numbers).toEqual({ runs: 1_000, seed: 7 });
    expect(read([], { FIBRIN_TEST_RUNS: '5', FIBRIN_TEST_SEED: '0' }).numbers).toEqual({ runs: 5, seed: 0 });
    expect(read(['--runs', '3'], { FIBRIN_TEST_RUNS: '5' }).numbers).toEqual({ runs: 3, seed: 7 });
  });

  test('says with --help what it does, takes and takes by default', () => {
    const { code, said } = read(['--help']);

    expect(code).toBe(0);
    for (const part of ['npm run test:it', 'Tries it.', '--runs', 'FIBRIN_TEST_SEED', '1,000', 'another one'])
      expect(said).toContain(part);
  });

  test.each([
    [['--runs', '0'], 'Expected --runs or FIBRIN_TEST_RUNS to be a whole number from 1 on, got 0'],
    [['--runs', '1.5'], 'got 1.5'],
    [['--seed', ''], 'Expected --seed'],
    [['--seed', 'x'], 'got x'],
    [['--sed', '1'], "Unknown option '--sed'"],
    [['1'], 'Unexpected argument'],
  ])('refuses %j with 2 and a line that says so', (args, line) => {
    const { code, said } = read(args);

    expect(code).toBe(2);
    expect(said).toContain(line);
  });
});
