import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A script for other processes as plain JavaScript: built, it is; from source the types come off once, not in each of them. */
export async function scriptFile(folder: string, name: string): Promise<string> {
  if (import.meta.url.endsWith('.js')) return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const { transform } = await import('esbuild');
  const source = readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm' });
  const file = join(folder, `${name.replaceAll('/', '-')}.mjs`);
  mkdirSync(folder, { recursive: true });
  // Another run may be reading it.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, file);
  return file;
}

export const bootstrapFile = (folder: string): Promise<string> => scriptFile(folder, 'lambda/bootstrap');
