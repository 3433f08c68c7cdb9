import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { said, succeeded } from '../support/commands.ts';
import type { PythonPrograms } from '../support/python.ts';
import type { Template } from './rights.ts';

const READER = fileURLToPath(new URL('./sam_reader.py', import.meta.url));

/** What `sam local` makes of a template. */
export interface SamView {
  readonly functions: readonly {
    readonly id: string;
    readonly variables: Readonly<Record<string, string>>;
  }[];
  readonly routes: readonly { readonly method: string; readonly path: string; readonly function: string }[];
}

export interface Sam {
  /** `sam validate --lint`. Gives what is wrong with a template. */
  lint(template: string): Promise<readonly string[]>;
  /** `sam build` in a folder. */
  build(folder: string): Promise<string>;
  /** By SAM's own classes, without Docker. */
  read(template: string, envFile?: string): Promise<SamView>;
  /** `cfn-lint`. Gives the errors; warnings are the CDK's own. */
  cfnLint(template: string): Promise<readonly string[]>;
}

/** SAM and cfn-lint, without telemetry and with all files in a folder of theirs. */
export function samOf({ program }: PythonPrograms, folder: string, signal: AbortSignal): Sam {
  const home = join(folder, 'sam');
  mkdirSync(home, { recursive: true });
  // The CDK repeats dependencies that a reference implies already.
  writeFileSync(join(home, '.cfnlintrc'), 'ignore_checks:\n  - W3005\n');
  const env = {
    ...process.env,
    ...{ SAM_CLI_TELEMETRY: '0', __SAM_CLI_APP_DIR: home, AWS_DEFAULT_REGION: 'us-east-1' },
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const options = { cwd: home, env, signal };
  return {
    async lint(template) {
      const { code, stdout, stderr } = await said(
        program('sam'),
        ['validate', '--lint', '--template-file', template],
        options,
      );
      return code === 0 ? [] : [`${stdout}${stderr}`.trim()];
    },
    build: (cwd) => succeeded(program('sam'), ['build'], { ...options, cwd }),
    async read(template, envFile) {
      const files = envFile === undefined ? [template] : [template, envFile];
      return JSON.parse(await succeeded(program('python'), [READER, ...files], options)) as SamView;
    },
    async cfnLint(template) {
      const args = ['--format', 'parseable', '--non-zero-exit-code', 'error', '--template', template];
      const { stdout } = await said(program('cfn-lint'), args, options);
      return stdout.split('\n').filter((line) => /:E\d{4}:/.test(line));
    },
  };
}

const idsOf = ({ Resources }: Template, types: readonly string[]): readonly string[] =>
  Object.entries(Resources)
    .filter(([, { Type }]) => types.includes(Type))
    .map(([id]) => id);

/** The functions and routes of a template that SAM does not find. */
export function notFound(template: Template, { functions, routes }: SamView): readonly string[] {
  const missing = idsOf(template, ['AWS::Lambda::Function', 'AWS::Serverless::Function'])
    .filter((id) => !functions.some((found) => found.id === id))
    .map((id) => `SAM does not find the function ${id}`);
  const found = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  const wanted = idsOf(template, ['AWS::ApiGatewayV2::Route']).map((id) =>
    String(template.Resources[id]?.Properties?.['RouteKey']),
  );
  return [
    ...missing,
    ...wanted.filter((route) => !found.has(route)).map((route) => `SAM does not find the route ${route}`),
  ];
}
