import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { BundlingProps } from './bundling-props.ts';
import { lambdaCredentialsOnly } from './credential-providers.ts';
import { esbuildFor } from './esbuild.ts';
import { lazyBuiltinModules } from './lazy-builtins.ts';
import { ownSourceMap } from './own-source-map.ts';
import { refuse } from './refuse.ts';

function bundle(construct: Construct, entry: string, props: BundlingProps, folder: string): void {
  const {
    conditions,
    define,
    external,
    lazyBuiltins = true,
    mainFields,
    minify = true,
    sourceMap = true,
  } = props;
  const { outputFiles } = esbuildFor(construct, entry).buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: mainFields ?? ['module', 'main'],
    minify,
    alias: {
      ...(lazyBuiltins && lazyBuiltinModules()),
      ...(props.credentialProviders === 'lambda' && lambdaCredentialsOnly()),
    },
    ...(conditions && { conditions }),
    ...(define && { define: { ...define } }),
    ...(external && { external }),
    // Where the lines are is enough: with the text of all sources the map would be many times as large.
    ...(sourceMap && { sourcemap: 'linked', sourcesContent: false }),
    // CommonJS inside the bundle still calls `require` for Node's own modules.
    banner: {
      js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);",
    },
    // As if it lay in the project: then the map names the sources alike wherever the assembly is written.
    outfile: join(process.cwd(), 'index.mjs'),
    allowOverwrite: true,
    write: false,
  });
  for (const { path, contents, text } of outputFiles)
    writeFileSync(join(folder, basename(path)), path.endsWith('.map') ? ownSourceMap(text) : contents);
}

/**
 * A handler as one ES module, with a map of its lines. Bundled in this process: the CDK's `NodejsFunction` starts a process for each
 * function, which takes twice as long as esbuild's own work.
 * @param file The handler, absolute or relative to the working directory.
 */
export function bundledCode(construct: Construct, file: string, props: BundlingProps): AssetCode {
  const entry = resolve(file);
  if (!existsSync(entry))
    refuse(
      construct,
      `expected \`entry\` to be a file, absolute or relative to ${process.cwd()}, got ${JSON.stringify(file)}; correct it`,
    );
  return Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled, since esbuild bundles.
      image: DockerImage.fromRegistry('none'),
      // Runs nowhere; it tells the CDK one bundle from another.
      command: [entry, JSON.stringify(props)],
      local: {
        tryBundle(folder) {
          bundle(construct, entry, props, folder);
          return true;
        },
      },
    },
  });
}
