import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CdkOptions, runCdk } from './cdk.ts';

interface Template {
  readonly Resources: Readonly<
    Record<string, { Properties?: { Environment?: { Variables?: Record<string, unknown> } } }>
  >;
}

/**
 * Synthesizes a stage of the app into a folder, with its functions' dependency at a URL of this machine.
 * @returns the folder, and how many functions have the dependency.
 */
export async function synthesize(
  name: string,
  context: Readonly<Record<string, string>>,
  dependencyUrl: string,
  options: CdkOptions,
) {
  const folder = join(options.folder, name);
  const given = Object.entries(context);
  await runCdk(
    ['synth', '--quiet', '--output', folder, ...given.flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    options,
  );
  let dependents = 0;
  for (const file of readdirSync(folder).filter((file) => file.endsWith('.template.json'))) {
    const path = join(folder, file);
    const template = JSON.parse(readFileSync(path, 'utf8')) as Template;
    for (const { Properties } of Object.values(template.Resources)) {
      const variables = Properties?.Environment?.Variables;
      if (variables?.['DOWNSTREAM_URL'] === undefined) continue;
      dependents++;
      // The URL of the app's own stand-in, which the emulator does not serve.
      variables['DOWNSTREAM_URL'] = dependencyUrl;
    }
    writeFileSync(path, JSON.stringify(template));
  }
  return { folder, dependents };
}
