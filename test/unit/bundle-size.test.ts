import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a handler that imports these and nothing else brings along. */
async function bundleOf(names: string) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export { ${names} } from 'fibrin';`, resolveDir: ROOT },
    absWorkingDir: ROOT,
    conditions: ['fibrin-source'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  const files = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return {
    bytes: outputFiles[0]?.contents.length ?? 0,
    files: files.map(([file]) => file),
    imports: (output?.imports ?? []).map(({ path }) => path),
  };
}

describe('a handler pays for what it imports', () => {
  // Whoever makes one of them larger says so here. Most of a small one is the check of its options and its errors.
  test.each([
    ['fallback', 3_800],
    ['validation', 3_900],
    ['timeout', 5_400],
    ['retry', 6_100],
    ['circuitBreaker', 9_500],
    ['resilient', 17_300],
  ])('%s is a bundle of %d bytes at most', async (name, mostBytes) => {
    const { bytes, files, imports } = await bundleOf(name);

    expect(bytes).toBeLessThanOrEqual(mostBytes);
    expect(bytes).toBeGreaterThan(mostBytes * 0.9);
    expect(files.filter((file) => !/^(<stdin>|lib\/(core|policy|breaker)\/)/.test(file))).toEqual([]);
    expect(imports.filter((path) => path !== 'node:async_hooks')).toEqual([]);
  });

  test('and not for a breaker of the fleet, nor for faults, in a policy that has neither', async () => {
    const { files } = await bundleOf('resilient');

    expect(files).toContain('lib/breaker/local.ts');
    expect(files.filter((file) => /fleet|machine|fault|store/.test(file))).toEqual([
      'lib/breaker/local-machine.ts',
    ]);
  });

  test('but for the breaker of the fleet in a store that shares it', async () => {
    const { files } = await bundleOf('memoryStore');

    expect(files).toContain('lib/breaker/shared.ts');
  });
});
