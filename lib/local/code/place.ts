import { constants, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { majorOf } from '../lambda/runtime-rules.ts';
import type { PlacedCode } from '../lambda/sandbox.ts';
import type { Processes } from '../processes.ts';
import type { FunctionModel } from '../template/functions.ts';
import { CFN_RESPONSE } from './cfn-response.ts';
import { unzip } from './zip.ts';

/** The code of functions, where sandboxes run it. */
export interface CodePlaces {
  place(model: Pick<FunctionModel, 'code' | 'layers' | 'runtime'>): Promise<PlacedCode>;
}

/** What Lambda's runtimes bring along. */
const IN_RUNTIME = ['@aws-sdk', '@smithy'];

const ancestors = (folder: string): readonly string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...ancestors(dirname(folder))];

/** Makes the project's packages of AWS's SDK the ones that Lambda's runtime has: each from where the project finds it. */
async function linkRuntimeModules(project: string, modules: string): Promise<void> {
  for (const scope of IN_RUNTIME) {
    await mkdir(join(modules, scope), { recursive: true });
    for (const folder of ancestors(project)) {
      const from = join(folder, 'node_modules', scope);
      if (!existsSync(from)) continue;
      for (const name of await readdir(from)) {
        const link = join(modules, scope, name);
        if (!existsSync(link)) await symlink(join(from, name), link);
      }
    }
  }
}

async function unpack(path: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (!(await stat(path)).isDirectory()) return unzip(path, folder);
  await cp(path, folder, {
    recursive: true,
    // As the CDK zips an asset: with what its links lead to.
    dereference: true,
    filter: (source) => existsSync(source),
    mode: constants.COPYFILE_FICLONE,
  });
}

/**
 * Puts code where nothing lies above it, as on Lambda: neither the project's package.json, which would make ES modules of
 * its files, nor its node_modules, which would hide that a package is not part of the asset.
 * @param project Its packages of AWS's SDK stand for those of Lambda's runtime.
 */
export async function codePlaces(
  project: string,
  processes: Pick<Processes, 'removeAtEnd'>,
): Promise<CodePlaces> {
  const root = await mkdtemp(join(await realpath(tmpdir()), 'fibrin-code-'));
  processes.removeAtEnd(root);
  // Unless there is one in the folder of temporary files.
  if (ancestors(root).some((folder) => existsSync(join(folder, 'package.json'))))
    await writeFile(join(root, 'package.json'), '{}');
  const modules = join(root, 'runtime', 'node_modules');
  // Awaited here: a run that ends before its code is placed takes the folder away.
  await linkRuntimeModules(project, modules);
  const places = new Map<string, Promise<string>>();

  /** What functions share is there once. */
  const once = (key: string, make: (folder: string) => Promise<void>): Promise<string> => {
    const folder = join(root, String(places.size));
    const place =
      places.get(key) ??
      mkdir(folder)
        .then(() => make(folder))
        .then(() => folder);
    places.set(key, place);
    return place;
  };

  const taskRootOf = ({ code }: Pick<FunctionModel, 'code'>): Promise<string> => {
    if ('path' in code) return once(code.path, (folder) => unpack(code.path, folder));
    return once(`inline ${code.inline}`, async (folder) => {
      await writeFile(join(folder, 'index.js'), code.inline);
      if (code.inline.includes('cfn-response'))
        await writeFile(join(folder, 'cfn-response.js'), CFN_RESPONSE);
    });
  };

  return {
    async place(model) {
      const [taskRoot, layers] = await Promise.all([
        taskRootOf(model),
        model.layers.length === 0
          ? undefined
          : once(`layers ${model.layers.join('\n')}`, async (folder) => {
              for (const layer of model.layers) await unpack(layer, folder);
            }),
      ]);
      const ofLayers = layers
        ? [join(layers, 'nodejs', `node${majorOf(model.runtime)}`), join(layers, 'nodejs')]
        : [];
      const folders = [...ofLayers.map((folder) => join(folder, 'node_modules')), modules, taskRoot];
      return { taskRoot, ...(layers && { layers }), modulePaths: folders.join(':') };
    },
  };
}
