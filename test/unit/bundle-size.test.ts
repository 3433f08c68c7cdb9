import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a handler that has these exports and nothing else brings along, without the SDK that Lambda has. */
async function bundleOf(exports: string) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: exports, resolveDir: ROOT },
    absWorkingDir: ROOT,
    conditions: ['fibrin-source'],
    external: ['@aws-sdk/*'],
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
    files: files.map(([file]) => file).filter((file) => file !== '<stdin>'),
    imports: [...new Set((output?.imports ?? []).map(({ path }) => path))].sort(),
  };
}

const POLICIES = /^lib\/(core|policy)\//;
/** What a breaker of one environment needs. */
const LOCAL_BREAKER =
  /^lib\/breaker\/(constants|layer|local|local-machine|options|outcome-window|permit|rejection|rule)\.ts$/;

describe('a bundle', () => {
  // A change that makes one of them larger says so here. Most of a small one is the check of its options and its errors.
  test.each<[string, number, string]>([
    ['fallback', 8_250, 'fibrin'],
    ['validation', 5_200, 'fibrin'],
    ['timeout', 6_700, 'fibrin'],
    // To come: 5,000.
    ['retry', 9_100, 'fibrin'],
    ['hedge', 7_200, 'fibrin'],
    ['rateLimit', 7_400, 'fibrin'],
    ['bulkhead', 8_650, 'fibrin'],
    ['circuitBreaker', 13_900, 'fibrin/breaker'],
    // To come: 16,000.
    ['resilient', 26_400, 'fibrin'],
  ])(
    'of %s has at most %d bytes, and holds policies and the breaker of this environment only',
    async (name, maxBytes, entry) => {
      const { bytes, files, imports } = await bundleOf(`export { ${name} } from '${entry}';`);

      expect(bytes).toBeLessThanOrEqual(maxBytes);
      expect(bytes).toBeGreaterThan(maxBytes * 0.9);
      expect(files.filter((file) => !POLICIES.test(file) && !LOCAL_BREAKER.test(file))).toEqual([]);
      expect(imports.filter((path) => path !== 'node:async_hooks')).toEqual([]);
    },
  );

  test.each(['fallback', 'validation', 'timeout', 'hedge', 'retry', 'rateLimit', 'bulkhead'])(
    'of %s holds no breaker',
    async (name) => {
      const { files } = await bundleOf(`export { ${name} } from 'fibrin';`);

      expect(files.filter((file) => !POLICIES.test(file))).toEqual([]);
    },
  );

  test('of resilient holds the breaker of this environment, and no shared breaker, cache, faults or store', async () => {
    const { files } = await bundleOf("export { resilient } from 'fibrin';");

    expect(files).toContain('lib/breaker/local.ts');
    expect(files.filter((file) => /shared|lib\/cache|chaos|fault|store/.test(file))).toEqual([]);
  });

  test('of the idempotency middleware on DynamoDB has at most 35,650 bytes, and holds no breaker', async () => {
    const { bytes, files, imports } = await bundleOf(
      "export { idempotency } from 'fibrin/middleware'; export { dynamoStore } from 'fibrin/dynamodb';",
    );

    // To come: 26,000.
    expect(bytes).toBeLessThanOrEqual(35_650);
    expect(files.filter((file) => /breaker|policy/.test(file))).toEqual([]);
    expect(files.filter((file) => !/^lib\/(core|idempotency|middleware|store)\//.test(file))).toEqual([]);
    expect(imports.filter((path) => !path.startsWith('node:'))).toEqual(['@aws-sdk/client-dynamodb']);
  });

  test('of withShedding has at most 12,000 bytes, and holds the line that requests wait in, and no policy and no breaker', async () => {
    const { bytes, files, imports } = await bundleOf("export { withShedding } from 'fibrin/middleware';");

    expect(bytes).toBeLessThanOrEqual(12_000);
    expect(bytes).toBeGreaterThan(12_000 * 0.9);
    const others = files.filter((file) => !/^lib\/(core|shedding)\//.test(file));
    expect(others.sort()).toEqual([
      'lib/middleware/with-shedding.ts',
      'lib/policy/waiting-line.ts',
      'lib/telemetry/handler.ts',
    ]);
    expect(imports.filter((path) => path !== 'node:async_hooks')).toEqual([]);
  });

  test('of the store over the lean transport has at most 25,300 bytes, and holds no SDK', async () => {
    const { bytes, files, imports } = await bundleOf("export { leanStore } from 'fibrin/dynamodb-lean';");

    expect(bytes).toBeLessThanOrEqual(25_300);
    expect(bytes).toBeGreaterThan(25_300 * 0.9);
    expect(files.filter((file) => !/^lib\/(core|http|store)\//.test(file))).toEqual([]);
    // Others are loaded when they are used: an import would load them in the init phase, with all that they load.
    expect(imports.filter((path) => path !== 'node:async_hooks')).toEqual([]);
  });

  test.each(['sqsBatch', 'streamBatch', 'envelopeHandler', 'envelope'])(
    'of %s holds no policy, no publisher and no SDK',
    async (name) => {
      const { files, imports } = await bundleOf(`export { ${name} } from 'fibrin/events';`);

      expect(files.filter((file) => !/^lib\/(core|events)\//.test(file) || /publisher/.test(file))).toEqual(
        [],
      );
      expect(imports.filter((path) => !path.startsWith('node:'))).toEqual([]);
    },
  );

  test.each([
    ['memoryStore', 'fibrin/testing'],
    ['dynamoStore', 'fibrin/dynamodb'],
  ])('of %s holds no breaker', async (name, entry) => {
    const { files } = await bundleOf(`export { ${name} } from '${entry}';`);

    expect(files.filter((file) => !/^lib\/(core|store)\//.test(file))).toEqual([]);
  });

  test('of a shared breaker adds at most 15,200 bytes to resilient', async () => {
    const policies = await bundleOf("export { resilient } from 'fibrin';");
    const both = await bundleOf(
      "export { resilient } from 'fibrin'; export { sharedBreaker } from 'fibrin/breaker';",
    );

    // To come: 14,000.
    expect(both.bytes - policies.bytes).toBeLessThanOrEqual(15_200);
  });

  test('of a cache has at most 17,500 bytes, of which it adds at most 10,000 to resilient, and holds no policy', async () => {
    const policies = await bundleOf("export { resilient } from 'fibrin';");
    const alone = await bundleOf("export { cache } from 'fibrin/cache';");
    const both = await bundleOf("export { resilient } from 'fibrin'; export { cache } from 'fibrin/cache';");

    expect(alone.bytes).toBeLessThanOrEqual(17_500);
    expect(both.bytes - policies.bytes).toBeLessThanOrEqual(10_000);
    expect(alone.files.filter((file) => !/^lib\/(core|cache)\//.test(file))).toEqual([]);
    expect(alone.imports.filter((path) => path !== 'node:async_hooks')).toEqual([]);
  });

  test('of sharedBreaker holds the breaker that all environments share, and no store', async () => {
    const { files } = await bundleOf("export { sharedBreaker } from 'fibrin/breaker';");

    expect(files).toContain('lib/breaker/shared.ts');
    expect(files.filter((file) => !/^lib\/(core|breaker)\//.test(file))).toEqual([]);
  });
});
