import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalRunError } from '../problem.ts';
import { checkTemplate } from './check.ts';

/** A resource as the template has it, its properties not yet resolved. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
}

export interface TemplateOutput {
  readonly Value: unknown;
  readonly Condition?: string;
  readonly Export?: { readonly Name: unknown };
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type?: unknown; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
}

/** One stack of a synthesized app, with the folders of its assets. */
export interface Assembly {
  /** Its name in CloudFormation. */
  readonly stackName: string;
  readonly template: Template;
  /** The folder or the file that becomes the object of that key in the asset bucket, or undefined. */
  assetFolder(objectKey: string): string | undefined;
  /** The path of its construct, by which the CDK's command knows it: `Prod/Api`. Default: its name. */
  readonly path?: string;
  /** Where it is deployed, where it says so. */
  readonly region?: string;
  readonly account?: string;
  /** What the CDK's command calls it in its manifest, and the stacks that are deployed before it. */
  readonly id?: string;
  readonly dependencies?: readonly string[];
}

/** A value that the app wants looked up in AWS; the synthesis holds a stand-in of it. */
export interface MissingContext {
  readonly key: string;
  readonly provider: string;
}

/** The stacks that lie beside each other: those of the app, or those of one of its CDK stages. */
export interface StackGroup {
  /** The path of the stage's construct; empty for the app. */
  readonly stage: string;
  readonly stacks: readonly Assembly[];
  readonly missing: readonly MissingContext[];
}

interface Manifest {
  readonly artifacts?: Readonly<Record<string, Artifact>>;
  readonly missing?: readonly MissingContext[];
}

interface Artifact {
  readonly type: string;
  /** `aws://account/region`, of which each may be `unknown-…`. */
  readonly environment?: string;
  readonly displayName?: string;
  readonly dependencies?: readonly string[];
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly file?: string;
    readonly directoryName?: string;
    readonly displayName?: string;
  };
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

/** @throws {LocalRunError} when it is not there or no JSON. */
export function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    throw new LocalRunError(`${file} cannot be read as JSON: ${(error as Error).message}`, error);
  }
}

function readAssets(folder: string, artifacts: Readonly<Record<string, Artifact>>): Map<string, string> {
  const assets = new Map<string, string>();
  for (const [name, { type, properties }] of Object.entries(artifacts)) {
    if (type !== 'cdk:asset-manifest') continue;
    const manifest = readJson<AssetManifest>(join(folder, properties?.file ?? `${name}.json`));
    for (const { source, destinations } of Object.values(manifest.files ?? {})) {
      for (const { objectKey } of Object.values(destinations))
        if (source.path) assets.set(objectKey, join(folder, source.path));
    }
  }
  return assets;
}

const known = (part: string | undefined): string | undefined =>
  part === undefined || part.startsWith('unknown-') ? undefined : part;

/**
 * Reads the cloud assembly that synthesis wrote: the app's own stacks first, then those of each of its stages.
 * @throws {LocalRunError} for a template that is malformed.
 */
export function readAssembly(folder: string, stage = ''): readonly StackGroup[] {
  const { artifacts = {}, missing = [] } = readJson<Manifest>(join(folder, 'manifest.json'));
  const assets = readAssets(folder, artifacts);
  const stacks = Object.entries(artifacts)
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([id, { environment, displayName, dependencies = [], properties }]): Assembly => {
      const [account, region] =
        environment
          ?.replace(/^aws:\/\//, '')
          .split('/')
          .map(known) ?? [];
      const file = join(folder, properties?.templateFile ?? `${id}.template.json`);
      return {
        ...{ id, dependencies, path: displayName ?? id, stackName: properties?.stackName ?? id },
        template: checkTemplate(readJson(file), file),
        assetFolder: (objectKey) => assets.get(objectKey),
        ...(region !== undefined && { region }),
        ...(account !== undefined && { account }),
      };
    });
  const stages = Object.entries(artifacts)
    .filter(([, { type }]) => type === 'cdk:cloud-assembly')
    .flatMap(([id, { properties }]) =>
      readAssembly(join(folder, properties?.directoryName ?? id), properties?.displayName ?? id),
    );
  return [{ stage, stacks, missing }, ...stages].filter((group) => group.stacks.length > 0);
}
