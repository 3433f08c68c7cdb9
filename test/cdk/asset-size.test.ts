import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const KB = 1_000;

/** A function's bundle without the SDK, as the app makes it, and what it is made of. */
async function withoutSdk(file: string) {
  const { metafile, outputFiles } = await build({
    entryPoints: [`functions/${file}`],
    ...{ bundle: true, minify: true, format: 'esm', platform: 'node', target: 'node24' },
    mainFields: ['module', 'main'],
    conditions: ['fibrin-source'],
    external: ['@aws-sdk/*', '@smithy/*'],
    outfile: 'index.mjs',
    metafile: true,
    write: false,
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const partsOf = ([path, { bytesInOutput }]: readonly [string, { bytesInOutput: number }]) =>
    bytesInOutput > 0 ? [/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/')[0]] : [];
  return {
    bytes: code.length,
    compressedBytes: gzipSync(code).length,
    parts: new Set(inputs.flatMap(partsOf)),
  };
}

const files = readdirSync('functions').filter((file) => file.endsWith('.ts'));

// A change that makes one of them larger says so here. Lambda is sent them compressed.
test.each(files)(
  'the asset of %s has, beside the SDK, at most 36 KB compressed and 96 KB unpacked',
  async (file) => {
    const { bytes, compressedBytes, parts } = await withoutSdk(file);

    expect(bytes).toBeGreaterThan(KB);
    expect(bytes).toBeLessThanOrEqual(96 * KB);
    expect(compressedBytes).toBeLessThanOrEqual(36 * KB);
    const known = new Set(['functions', 'lib', '@middy/core', 'valibot']);
    expect([...parts].filter((part) => !known.has(String(part)))).toEqual([]);
  },
);
