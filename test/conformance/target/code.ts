import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ConformanceApp } from '../case.ts';
import { SHARED_CODE } from '../template.ts';

const DRIVER = fileURLToPath(new URL('../driver/driver.ts', import.meta.url));

export type CodeFolders = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The folders of code of an app, as files and their text. What it imports is in them, the clients of AWS too. */
export async function codeOf({ code, folders = {} }: ConformanceApp): Promise<CodeFolders> {
  const { outputFiles } = await build({
    entryPoints: { driver: DRIVER, ...code },
    ...{ bundle: true, platform: 'node', format: 'cjs', target: 'node22', write: false, logLevel: 'error' },
    ...{ conditions: ['fibrin-source'], outdir: '/', minify: true },
  });
  const files = outputFiles.map(({ path, text }) => [path.slice(1), text] as const);
  return { ...folders, [SHARED_CODE]: Object.fromEntries(files) };
}

/** Writes folders of code into a folder. */
export function writeCode(folders: CodeFolders, root: string): void {
  for (const [folder, files] of Object.entries(folders)) {
    for (const [name, text] of Object.entries(files)) {
      const path = join(root, folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
}
