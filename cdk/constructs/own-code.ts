import { fileURLToPath } from 'node:url';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { bundledCode } from './bundled-code.ts';

/**
 * The code of the functions that the constructs deploy of their own. It ships prebuilt in the package, so that a project without
 * esbuild can deploy it; from source it is bundled here. One handler each: `index.prewarm`, `index.warmer`.
 */
export function ownCode(construct: Construct): AssetCode {
  const isBuilt = import.meta.url.endsWith('.js');
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
  return isBuilt
    ? Code.fromAsset(path('./handlers/'))
    : bundledCode(construct, path('./handlers/index.ts'), {
        conditions: ['fibrin-source'],
        sourceMap: false,
      });
}
