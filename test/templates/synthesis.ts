import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { said } from '../support/commands.ts';
import type { Template } from './rights.ts';

/** A CDK app to look at. */
export interface Project {
  readonly name: string;
  /** Where its packages are, and its `cdk.json`. */
  readonly folder: string;
  /** The options of Node.js and the file that it is run with. */
  readonly app: string;
  readonly context: Readonly<Record<string, string>>;
  /** Fewer resources than that, and something has not been looked at. */
  readonly resourcesFloor: number;
}

export interface Synthesized {
  readonly templates: readonly string[];
  /** What cdk-nag and the CDK say of it. */
  readonly report: string;
}

/** What looks at an app while it is synthesized, from the root of the repository. */
export const PRELOADED = ['test/templates/nag.ts', 'test/cdk/checks/preload.ts'];

export const readTemplate = (file: string): Template => JSON.parse(readFileSync(file, 'utf8')) as Template;

/** Synthesizes an app into a folder by its own `cdk`, with cdk-nag and the package's own checks. */
export async function synthesize(
  { folder, app, context }: Project,
  assembly: string,
  signal: AbortSignal,
): Promise<Synthesized> {
  const manifest = createRequire(join(folder, 'package.json')).resolve('aws-cdk/package.json');
  const command = `"${process.execPath}" ${PRELOADED.map((file) => `--import ./${file}`).join(' ')} ${app}`;
  const given = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const { code, stdout, stderr } = await said(
    process.execPath,
    [
      join(dirname(manifest), 'bin', 'cdk'),
      ...['synth', '--quiet', '--app', command, '--output', assembly, ...given],
    ],
    { cwd: folder, env: process.env, signal },
  );
  const report = join(assembly, 'validation-report.json');
  // It fails where there are findings too, which are in the report.
  if (code !== 0 && !existsSync(report))
    throw new Error(`cdk synth ended with ${code}:\n${`${stdout}${stderr}`.slice(-4_000)}`);
  const files = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  return { templates: files.map((file) => join(assembly, file)), report };
}
