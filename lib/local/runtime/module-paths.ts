import module, { type ResolveFnOutput, type ResolveHookContext } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Resolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

const isNotFound = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | null)?.code === 'ERR_MODULE_NOT_FOUND';

/** A package, as opposed to a path or a URL. */
const isBare = (specifier: string): boolean => !/^(\.{0,2}\/|[a-z][a-z0-9+.-]*:)/i.test(specifier);

/** Looks into each folder of `NODE_PATH`, which Node itself does for `require` alone. */
function resolveByPath(specifier: string, context: ResolveHookContext, next: Resolve): ResolveFnOutput {
  try {
    return next(specifier, context);
  } catch (error) {
    if (!isNotFound(error) || !isBare(specifier)) throw error;
    const folders = (process.env['NODE_PATH'] ?? '').split(delimiter);
    for (const folder of folders.filter((path) => path.endsWith('/node_modules'))) {
      try {
        return next(specifier, { ...context, parentURL: pathToFileURL(join(dirname(folder), 'x.js')).href });
      } catch (other) {
        if (!isNotFound(other)) throw other;
      }
    }
    throw error;
  }
}

/**
 * Finds modules where Lambda finds them: ES modules too by `NODE_PATH`, and `/opt/…` in the layers of this function.
 * @param layers The folder that stands for `/opt`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-layers.html
 */
export function findModulesAsLambda(layers: string | undefined): void {
  module.registerHooks?.({
    resolve(specifier, context, next) {
      const inLayers = layers !== undefined && specifier.startsWith('/opt/');
      return resolveByPath(inLayers ? join(layers, specifier.slice(5)) : specifier, context, next);
    },
  });
}
