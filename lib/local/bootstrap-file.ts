import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A script for other processes as plain JavaScript: built, it is; from source it is made once, not in each of them. */
export async function scriptFile(folder: string, name: string): Promise<string> {
  if (import.meta.url.endsWith('.js')) return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
    ...{ write: false, bundle: true, platform: 'node', format: 'esm', target: 'node22', logLevel: 'error' },
  });
  const file = join(folder, `${name.replaceAll('/', '-')}.mjs`);
  mkdirSync(folder, { recursive: true });
  // Another run may be reading it.
  const draft = `${file}.${process.pid}`;
  for (const { contents } of outputFiles) writeFileSync(draft, contents);
  renameSync(draft, file);
  return file;
}

export const bootstrapFile = (folder: string): Promise<string> => scriptFile(folder, 'lambda/bootstrap');
