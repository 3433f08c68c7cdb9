/* Functions as the constructs that deploy them bundle them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { BundlingProps } from '../../cdk/constructs/bundling-props.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';

const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
const entryOf = (name: string): string => join(ROOT, 'bench/coldstart/subjects', `${name}.ts`);

/** A file that is loaded as Lambda loads it. */
export interface Bundle {
  readonly file: string;
  readonly bytes: number;
  /** What the construct sets. */
  readonly environment: Readonly<Record<string, string>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> } };
}

/** Synthesizes a function by itself, and gives the code in its asset. */
function synthesized(folder: string, name: string, add: (stack: Stack) => unknown): Bundle {
  const outdir = join(folder, name.replaceAll(/\W+/g, '-'));
  const stack = new Stack(new App({ outdir }), 'Bench');
  add(stack);
  const assembly = App.of(stack)?.node.root as App;
  const [{ template } = { template: { Resources: {} } }] = assembly.synth().stacks;
  const resources = Object.values(template.Resources as Record<string, Resource>);
  const environment = resources.find(({ Type }) => Type === 'AWS::Lambda::Function')?.Properties.Environment;
  const asset = readdirSync(outdir).find((entry) => entry.startsWith('asset.')) ?? '';
  const code = readdirSync(join(outdir, asset)).find((entry) => /^index\.m?js$/.test(entry)) ?? '';
  const file = join(outdir, asset, code);
  return { file, bytes: statSync(file).size, environment: environment?.Variables ?? {} };
}

/** As `ResilientFunction` bundles. */
export const byResilientFunction = (folder: string, subject: string, bundling: BundlingProps = {}): Bundle =>
  synthesized(
    folder,
    `${subject} ${JSON.stringify(bundling)}`,
    (stack) =>
      new ResilientFunction(stack, 'Function', {
        entry: entryOf(subject),
        bundling: { conditions: ['fibrin-source'], ...bundling },
      }),
  );

/** As the CDK's `NodejsFunction` bundles: without more, the SDK is the runtime's. */
export const byNodejsFunction = (
  folder: string,
  subject: string,
  bundling: NodejsFunctionProps['bundling'] = {},
): Bundle =>
  synthesized(
    folder,
    `nodejs ${subject} ${JSON.stringify(bundling)}`,
    (stack) =>
      new NodejsFunction(stack, 'Function', {
        entry: entryOf(subject),
        runtime: Runtime.NODEJS_24_X,
        projectRoot: ROOT,
        depsLockFilePath: join(ROOT, 'package-lock.json'),
        bundling,
      }),
  );

/** Where what is not in a bundle is found, as Lambda's runtime sets `NODE_PATH`. */
export const RUNTIME_MODULES: string = ['bench/node_modules', 'node_modules']
  .map((path) => join(ROOT, path))
  .join(':');
