import { join } from 'node:path';
import { type InstallOptions, installExample } from '../support/packed-example.ts';
import type { Sam } from './sam.ts';

/** Builds `examples/sam` as its README says, with this repository's package in place of the published one. Gives what is wrong. */
export async function buildExample(
  folder: string,
  sam: Sam,
  options: InstallOptions,
): Promise<readonly string[]> {
  const project = await installExample('sam', folder, options);
  const problems = await sam.lint(join(project, 'template.yaml'));
  await sam.build(project);
  const { functions, routes } = await sam.read(join(project, '.aws-sam', 'build', 'template.yaml'));
  const seen = JSON.stringify([functions.map(({ id }) => id), routes.map(({ path }) => path)]);
  const expected = JSON.stringify([['CreateOrder'], ['/orders']]);
  return seen === expected ? problems : [...problems, `SAM finds ${seen} in examples/sam, not ${expected}`];
}
