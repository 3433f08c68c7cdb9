import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runtimeError } from './errors.ts';
import { isStreaming } from './streams.ts';

export type Handler = (...args: unknown[]) => unknown;

/** A handler, and how it is called. */
export interface LoadedHandler {
  readonly call: Handler;
  readonly streams: boolean;
}

/**
 * Which of AWS's two runtime clients sets the rules: `callbacks` is version 3, of nodejs22.x and before; `promises` is
 * version 4, of nodejs24.x and of Managed Instances.
 * @see https://www.npmjs.com/package/aws-lambda-ric
 */
export type Rules = 'callbacks' | 'promises';

interface Place {
  readonly taskRoot: string;
  readonly folder: string;
  readonly module: string;
}

const require = createRequire(import.meta.url);

const load = (path: string): Promise<unknown> => import(pathToFileURL(path).href);

/** Whether a `.js` file in this folder is an ES module: what the nearest package.json says. */
function isModuleScope(folder: string): boolean {
  if (folder.endsWith('/node_modules')) return false;
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8')).type === 'module';
    } catch {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`);
      return false;
    }
  }
  return dirname(folder) !== folder && isModuleScope(dirname(folder));
}

/** In the folder of the handler first, then as any module is found. */
async function loadModule({ taskRoot, folder, module }: Place, rules: Rules): Promise<unknown> {
  const path = resolve(taskRoot, folder, module);
  const isModule = rules === 'callbacks' && existsSync(`${path}.js`) && isModuleScope(dirname(path));
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const file = path + extension;
    if (!existsSync(file)) continue;
    const imported = rules === 'promises' || extension === '.mjs' || (extension === '.js' && isModule);
    const loaded: unknown = imported ? await load(file) : require(file);
    if (loaded) return loaded;
  }
  const inFolder = rules === 'promises' ? join(taskRoot, folder) : folder;
  return require(require.resolve(module, { paths: [taskRoot, inFolder] }));
}

async function loadOrExplain(place: Place, rules: Rules): Promise<unknown> {
  try {
    return await loadModule(place, rules);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw runtimeError('UserCodeSyntaxError', String(error), error.stack ?? '');
    if ((error as NodeJS.ErrnoException | null)?.code === 'MODULE_NOT_FOUND')
      throw runtimeError('ImportModuleError', String(error));
    throw error;
  }
}

type Found = Readonly<Record<string, unknown>> | null | undefined;

/** Version 3 looks into functions too, version 4 into objects alone, and there into the default export as well. */
function findExport(loaded: unknown, name: string, rules: Rules): unknown {
  const find = (from: unknown) =>
    name.split('.').reduce<unknown>((value, key) => {
      if (rules === 'promises' && typeof value !== 'object') return undefined;
      return (value as Found) && (value as Found)?.[key];
    }, from);
  const found = find(loaded);
  if (found || rules === 'callbacks' || typeof loaded !== 'object' || loaded === null) return found;
  return 'default' in loaded ? find(loaded.default) : found;
}

/** Loads the handler `folder/module.export`, as AWS's runtime client of these rules does. */
export async function loadHandler(taskRoot: string, handler: string, rules: Rules): Promise<LoadedHandler> {
  if (handler.includes('..')) {
    throw runtimeError(
      'MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const last = basename(handler);
  const [, module, name] = /^([^.]*)\.(.*)$/.exec(last) ?? [];
  if (module === undefined || name === undefined) throw runtimeError('MalformedHandlerName', 'Bad handler');
  const folder = handler.slice(0, handler.indexOf(last));
  const found = findExport(await loadOrExplain({ taskRoot, folder, module }, rules), name, rules);
  if (!found) throw runtimeError('HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw runtimeError('HandlerNotFound', `${handler} is not a function`);
  return { call: found as Handler, streams: isStreaming(found) };
}
