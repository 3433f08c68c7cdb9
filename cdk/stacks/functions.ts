import { fileURLToPath } from 'node:url';
import type { Construct } from 'constructs';
import { ResilientFunction, type ResilientFunctionProps } from 'fibrin/cdk';
import type { Stage } from './stage.ts';

export interface AppFunctionProps extends ResilientFunctionProps {
  readonly reservedConcurrency: number;
  /** Replaced in the code when it is bundled. */
  readonly define?: { readonly [expression: string]: string };
}

export type MakeFunction = (name: string, file: string, props: AppFunctionProps) => ResilientFunction;

/** Makes functions from the files in `functions`, known in the template by their names. */
export const functionsOf =
  (scope: Construct, { architecture, reserveConcurrency, transport }: Stage): MakeFunction =>
  (name, file, { reservedConcurrency, define, ...props }) =>
    new ResilientFunction(scope, name, {
      ...props,
      architecture,
      entry: fileURLToPath(new URL(`../../functions/${file}.ts`, import.meta.url)),
      // The package's own sources: here it need not be built.
      bundling: {
        conditions: ['fibrin-source'],
        // A constant, so that a bundle contains one transport.
        define: { 'process.env.FIBRIN_PROFILE_TRANSPORT': JSON.stringify(transport), ...define },
      },
      logicalId: name,
      ...(reserveConcurrency && { reservedConcurrency }),
    });
