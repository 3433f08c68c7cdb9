import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import type { Tags } from 'yaml';
import { LocalRunError } from '../problem.ts';
import type { StackGroup, Template } from './assembly.ts';
import { checkTemplate } from './check.ts';

const FUNCTIONS = `And Base64 Cidr Equals FindInMap GetAtt GetAZs GetStackOutput If ImportValue Join Not Or Select Split Sub
  Transform`;
/** The short forms: `!Sub` for `Fn::Sub`. */
const TAGS = [
  ...FUNCTIONS.split(/\s+/).map((name) => [`!${name}`, `Fn::${name}`] as const),
  ['!Ref', 'Ref'],
  ['!Condition', 'Condition'],
] as const;

async function parseYaml(text: string, file: string): Promise<unknown> {
  const yaml = await import('yaml').catch((error: unknown) => {
    throw new LocalRunError(
      `${file} is YAML, which takes one more package: npm install -D yaml. Without it, give the template as JSON`,
      error,
    );
  });
  const customTags = TAGS.flatMap(([tag, name]) => [
    { tag, resolve: (value: string) => ({ [name]: value }) },
    ...(['seq', 'map'] as const).map((collection) => ({
      ...{ tag, collection },
      resolve: (node: { toJSON(): unknown }) => ({ [name]: node.toJSON() }),
    })),
  ]);
  try {
    return yaml.parse(text, { customTags: customTags as Tags });
  } catch (error) {
    throw new LocalRunError(`${file} cannot be read as YAML: ${(error as Error).message}`, error);
  }
}

function parseText(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LocalRunError(`${file} cannot be read as JSON: ${(error as Error).message}`, error);
  }
}

/** The property of each type that may be a path. */
const LOCAL_PATHS: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'Code',
  'AWS::Lambda::LayerVersion': 'Content',
};

/** `Code: ./dist` becomes the key of an asset that is that folder. */
function withLocalCode(template: Template, folder: string): Template {
  const resources = Object.entries(template.Resources).map(([logicalId, resource]) => {
    const name = LOCAL_PATHS[resource.Type] ?? '';
    const path = resource.Properties?.[name];
    if (typeof path !== 'string') return [logicalId, resource];
    const Properties = { ...resource.Properties, [name]: { S3Key: resolve(folder, path) } };
    return [logicalId, { ...resource, Properties }];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}

/**
 * Reads a template of CloudFormation, in JSON or YAML. Code is what `aws cloudformation package` takes: a path to a folder or a
 * file, relative to the template.
 * @throws {LocalRunError} when it is none, or one of SAM.
 */
export async function readPlainTemplate(file: string): Promise<StackGroup> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new LocalRunError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}); see --template`,
      error,
    );
  }
  const isJson = text.trimStart().startsWith('{');
  const content = isJson ? parseText(text, file) : await parseYaml(text, file);
  const stackName = basename(file)
    .replace(/(\.template)?\.(json|ya?ml|template)$/, '')
    .replaceAll(/[^A-Za-z0-9-]/g, '-');
  const template = withLocalCode(checkTemplate(content, file), dirname(file));
  const assetFolder = (key: string) => (isAbsolute(key) ? key : undefined);
  return { stage: '', missing: [], stacks: [{ stackName, template, assetFolder }] };
}
