import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WANTED_PACKAGES } from '../../lib/local/packages.ts';
import { succeeded } from '../support/commands.ts';
import { hasJava } from '../support/engines.ts';

const APPS = fileURLToPath(new URL('./apps', import.meta.url));
const MANIFEST = fileURLToPath(new URL('../../package.json', import.meta.url));

/** What every app of the CDK has. */
const CDK = ['aws-cdk', 'aws-cdk-lib', 'constructs'];
/** What one app or another has by itself: esbuild for NodejsFunction, yaml for a template in YAML. */
const OWN = ['esbuild', 'yaml'];
const CLIENTS = ['client-dynamodb', 'client-eventbridge', 'client-s3', 'client-sns', 'client-sqs'];

/** The packages that `fibrin local` asks for on this machine, as its one line names them. */
function wantedPackages(line: string, java: boolean): readonly string[] {
  const always = /npm install -D ([^(]+)/.exec(line)?.[1]?.trim().split(' ') ?? [];
  const withJava = /Java 17 also ([\w-]+)/.exec(line)?.[1];
  return java && withJava !== undefined ? [...always, withJava] : always;
}

export interface Workplace {
  /** Where the app lies, and what is installed for it. */
  readonly project: string;
  /** Where its temporary files go. */
  readonly temporary: string;
}

/** Makes an empty project of the packed package and what a stranger would install beside it. */
export async function makeProject(folder: string, tarball: string, signal: AbortSignal): Promise<Workplace> {
  const place = { project: join(folder, 'project'), temporary: join(folder, 'temporary') };
  for (const each of Object.values(place)) mkdirSync(each);
  const { devDependencies: versions } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  const names = [...CDK, ...OWN, ...wantedPackages(WANTED_PACKAGES, hasJava)];
  const clients = CLIENTS.map((name) => [`@aws-sdk/${name}`, versions['@aws-sdk/client-dynamodb']]);
  const dependencies = Object.fromEntries([
    ...[['fibrin', `file:${tarball}`], ...names.map((name) => [name, versions[name]]), ...clients],
  ]);
  const manifest = { name: 'stranger', private: true, type: 'module', dependencies };
  writeFileSync(join(place.project, 'package.json'), JSON.stringify(manifest));
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent'];
  await succeeded('npm', args, { cwd: place.project, env: process.env, signal });
  return place;
}

const OF_PROJECT = new Set(['node_modules', 'package.json', 'package-lock.json']);

/** Puts an app into the project in place of the one before. */
export function putApp({ project }: Workplace, name: string): void {
  for (const file of readdirSync(project))
    if (!OF_PROJECT.has(file)) rmSync(join(project, file), { recursive: true, force: true });
  cpSync(join(APPS, name), project, { recursive: true });
}
