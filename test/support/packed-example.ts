import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { succeeded } from './commands.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Builds this repository's package and packs it into a folder, as npm would publish it. Gives the tarball. */
export async function packedPackage(folder: string, signal: AbortSignal): Promise<string> {
  const options = { cwd: ROOT, env: process.env, signal };
  await succeeded('npm', ['run', 'build', '--silent'], options);
  await succeeded('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], options);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${folder}`);
  return join(folder, tarball);
}

export interface InstallOptions {
  /** What takes the place of the published package. */
  readonly tarball: string;
  /** Packages that the test needs there, with their versions. */
  readonly testPackages?: Readonly<Record<string, string>>;
  /** Files of the test, from the root of the repository. They lie at the same paths in the project, and use its packages. */
  readonly testFiles?: readonly string[];
  readonly signal: AbortSignal;
}

/** Copies an example into a folder outside of the repository, installs it there and checks its types. Gives the folder. */
export async function installExample(
  example: string,
  folder: string,
  { tarball, testPackages = {}, testFiles = [], signal }: InstallOptions,
): Promise<string> {
  const project = join(folder, example);
  cpSync(join(ROOT, 'examples', example), project, { recursive: true });
  const file = join(project, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const dependencies = { ...manifest.dependencies, fibrin: `file:${tarball}` };
  const devDependencies = { ...manifest.devDependencies, ...testPackages };
  writeFileSync(file, JSON.stringify({ ...manifest, dependencies, devDependencies }));
  const options = { cwd: project, env: process.env, signal };
  await succeeded('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent'], options);
  await succeeded('npm', ['run', 'check', '--silent'], options);
  for (const path of testFiles) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    cpSync(join(ROOT, path), join(project, path));
  }
  return project;
}
