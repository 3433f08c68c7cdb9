import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The bootstrap as plain JavaScript: built, it is; from source the types come off once, not in every sandbox. */
export async function bootstrapFile(folder: string): Promise<string> {
  if (import.meta.url.endsWith('.js'))
    return fileURLToPath(new URL('./lambda/bootstrap.js', import.meta.url));
  const { transform } = await import('esbuild');
  const source = readFileSync(new URL('./lambda/bootstrap.ts', import.meta.url), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm' });
  const file = join(folder, 'bootstrap.mjs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, code);
  return file;
}
