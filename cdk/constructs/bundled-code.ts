import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync } from 'esbuild';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

const OPTIONS: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  conditions: ['fibrin-source'],
  minify: true,
  // CommonJS inside the bundle still calls `require` for Node's own modules.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
};

/**
 * A handler as one ES module, the SDK in it. Bundled in this process: the CDK's `NodejsFunction` starts npx for each
 * function, which takes twice as long as esbuild's own work.
 * @param entry File with the handler, relative to the project.
 * @param define Replaced in the code.
 */
export function bundledCode(entry: string, define: Readonly<Record<string, string>> = {}): AssetCode {
  return Code.fromAsset(PROJECT, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled, since esbuild is always here.
      image: DockerImage.fromRegistry('none'),
      // Runs nowhere; it tells the CDK one bundle from another.
      command: [entry, JSON.stringify(define)],
      local: {
        tryBundle(folder) {
          buildSync({
            ...OPTIONS,
            define: { ...define },
            entryPoints: [join(PROJECT, entry)],
            outfile: join(folder, 'index.mjs'),
          });
          return true;
        },
      },
    },
  });
}
