import { builtinModules } from 'node:module';

const source = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

/**
 * What esbuild puts in the place of each module of Node's own: one that gets it from the process. An `import` lists all that a module
 * exports and so loads what its getters would load when they are first used: `node:http` brings undici.
 * @see https://github.com/nodejs/node/issues/59686
 */
export function lazyBuiltinModules(): Record<string, string> {
  const names = builtinModules
    .filter((name) => !name.startsWith('_'))
    .map((name) => name.replace(/^node:/, ''));
  return Object.fromEntries(
    names.flatMap((name) => {
      const module = source(`module.exports=process.getBuiltinModule(${JSON.stringify(`node:${name}`)})`);
      return [
        [name, module],
        [`node:${name}`, module],
      ];
    }),
  );
}
