import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const KB = 1_000;

/** A function's bundle as the app makes it, and what it is made of. */
async function bundleOf(file: string) {
  const { metafile, outputFiles } = await build({
    entryPoints: [`functions/${file}`],
    ...{ bundle: true, minify: true, format: 'esm', platform: 'node', target: 'node24' },
    mainFields: ['module', 'main'],
    conditions: ['fibrin-source'],
    define: { 'process.env.FIBRIN_PROFILE_TRANSPORT': '"lean"' },
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

/** In KB, compressed and unpacked. Lambda is sent them compressed. A change that makes one of them larger says so here. */
const LIMITS: Readonly<Record<string, readonly [compressed: number, unpacked: number]>> = {
  'downstream.ts': [1, 2],
  'get-profile-naive.ts': [70, 206],
  'get-profile.ts': [108, 310],
  'health.ts': [95, 273],
  'journal-profile.ts': [23, 60],
  'on-contact-changed.ts': [24, 62],
  'on-profile-updated.ts': [32, 86],
  'put-profile.ts': [44, 117],
  // With the client of EventBridge.
  'relay.ts': [154, 489],
};

const SIGNER = ['@smithy/signature-v4', '@smithy/core', '@smithy/types'];

const files = readdirSync('functions').filter((file) => file.endsWith('.ts'));

test.each(files)('the asset of %s is as small as it was, and has no part that is not known', async (file) => {
  const { bytes, compressedBytes, parts } = await bundleOf(file);
  const [compressed, unpacked] = LIMITS[file] ?? [0, 0];

  expect(bytes).toBeGreaterThan(KB);
  expect(bytes).toBeLessThanOrEqual(unpacked * KB);
  expect(compressedBytes).toBeLessThanOrEqual(compressed * KB);
  // Requests to function URLs are signed by the SDK's signer, which is no client.
  const known = new Set(['functions', 'lib', '@middy/core', 'valibot', ...SIGNER]);
  if (file === 'relay.ts') expect(parts).toContain('@aws-sdk/client-eventbridge');
  else expect([...parts].filter((part) => !known.has(String(part)))).toEqual([]);
});
