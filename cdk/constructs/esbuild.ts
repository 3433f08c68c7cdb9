import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';

type Esbuild = typeof import('esbuild');

/** The esbuild of the user's project: that of the CDK app, else that of the handler. */
export function esbuildFor(construct: Construct, entry: string): Esbuild {
  const app = process.cwd();
  for (const from of [join(app, 'package.json'), entry]) {
    const load = createRequire(from);
    try {
      return load('esbuild') as Esbuild;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return refuse(
    construct,
    `expected esbuild in ${app}, to bundle \`entry\`, found none; npm install --save-dev esbuild, or give \`code\``,
  );
}
