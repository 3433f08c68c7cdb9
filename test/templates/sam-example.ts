import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeeded } from './commands.ts';
import type { Sam } from './sam.ts';

export interface ExampleOptions {
  readonly root: string;
  /** Where it may write. */
  readonly folder: string;
  readonly sam: Sam;
  readonly signal: AbortSignal;
}

/** Builds `examples/sam` as its README says, with this repository's package in place of the published one. Gives what is wrong. */
export async function buildExample({
  root,
  folder,
  sam,
  signal,
}: ExampleOptions): Promise<readonly string[]> {
  const project = join(folder, 'orders');
  cpSync(join(root, 'examples', 'sam'), project, { recursive: true });
  const options = { cwd: root, env: process.env, signal };
  await succeeded('npm', ['run', 'build', '--silent'], options);
  await succeeded('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], options);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
  const manifest = join(project, 'package.json');
  const { dependencies, ...rest } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const packed = { ...dependencies, fibrin: `file:${join(folder, tarball)}` };
  writeFileSync(manifest, JSON.stringify({ ...rest, dependencies: packed }));
  const there = { ...options, cwd: project };
  await succeeded('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent'], there);
  await succeeded('npm', ['run', 'check', '--silent'], there);
  const problems = await sam.lint(join(project, 'template.yaml'));
  await sam.build(project);
  const { functions, routes } = await sam.read(join(project, '.aws-sam', 'build', 'template.yaml'));
  const seen = JSON.stringify([functions.map(({ id }) => id), routes.map(({ path }) => path)]);
  const expected = JSON.stringify([['CreateOrder'], ['/orders']]);
  return seen === expected ? problems : [...problems, `SAM finds ${seen} in examples/sam, not ${expected}`];
}
