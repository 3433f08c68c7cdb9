import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bootstrap as plain JavaScript: built, it is; from source it is made once, not in every sandbox. */
export async function bootstrapFile(folder: string): Promise<string> {
  if (import.meta.url.endsWith('.js'))
    return fileURLToPath(new URL('./lambda/bootstrap.js', import.meta.url));
  const { build } = await import('esbuild');
  const outfile = join(folder, 'bootstrap.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./lambda/bootstrap.ts', import.meta.url))],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node22', logLevel: 'error' },
  });
  return outfile;
}
