import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalRunError } from '../problem.ts';

/** A resource as the template has it, its properties not yet resolved. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

/** One stack of a synthesized app, with the folders of its assets. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** The folder that becomes the object of that key in the asset bucket, or undefined. */
  assetFolder(objectKey: string): string | undefined;
}

interface Manifest {
  readonly artifacts: Readonly<
    Record<string, { readonly type: string; readonly properties?: { readonly templateFile?: string } }>
  >;
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

/**
 * Reads the cloud assembly that synthesis wrote.
 * @throws {LocalRunError} when it holds no stack, or more than one: the local run serves one.
 */
export function readAssembly(folder: string): Assembly {
  const { artifacts } = readJson<Manifest>(join(folder, 'manifest.json'));
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [stackName, stack] = stacks[0] ?? [];
  if (stackName === undefined || stacks.length > 1) {
    const names = stacks.map(([name]) => name).join(', ') || 'none';
    throw new LocalRunError(
      `the local run serves an app of exactly one stack; this one has ${names}. Leave the others out for -c stage=local`,
    );
  }
  const folders = new Map<string, string>();
  for (const { type } of Object.values(artifacts))
    if (type === 'cdk:cloud-assembly') {
      throw new LocalRunError(
        'the local run serves no nested assemblies (CDK stages); make the stack a child of the app for -c stage=local',
      );
    }
  const assets = Object.keys(artifacts).filter((name) => artifacts[name]?.type === 'cdk:asset-manifest');
  for (const name of assets) {
    for (const { source, destinations } of Object.values(
      readJson<AssetManifest>(join(folder, `${name}.json`)).files ?? {},
    )) {
      for (const { objectKey } of Object.values(destinations))
        if (source.path) folders.set(objectKey, join(folder, source.path));
    }
  }
  return {
    stackName,
    template: readJson<Template>(
      join(folder, stack?.properties?.templateFile ?? `${stackName}.template.json`),
    ),
    assetFolder: (objectKey) => folders.get(objectKey),
  };
}
