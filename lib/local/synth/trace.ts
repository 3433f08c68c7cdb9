/*
 * Runs before the code of a CDK app, in each Node process that the app starts, and writes down what it reads: environment
 * variables, files, modules, and the folders in which it starts programs. A synthesis is used again only while all of that is
 * unchanged. Nothing of the toolkit is in it and nothing but Node's own modules, and it changes nothing that the app sees.
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import * as nodeModule from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const env = process.env;
const file = env['FIBRIN_SYNTH_TRACE'];
/**
 * A package manager's own process (`npx`, `pnpm exec`) reads logs and caches that differ each time. Of what it reads only its
 * settings count; the program that it starts writes down its own.
 */
const isPackageManager = /[\\/](npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)(-cli|-[\d.]+)?(\.[cm]?js)?$/.test(
  process.argv[1] ?? '',
);
const SETTINGS = /[\\/]\.(npmrc|yarnrc|yarnrc\.yml)$/;

const names = new Set<string>();
const files = new Set<string>();
const folders = new Set<string>();
const { appendFileSync } = fs;

/** Who enumerates the variables: the app itself wants them all; a library passes them on to a program that it starts. */
function askedByApp(): boolean {
  const frames = (new Error().stack ?? '').split('\n').slice(3);
  const caller =
    frames.find(
      (frame) => !/\(<anonymous>\)|at (Function|Object)\.(keys|entries|values|assign)\b/.test(frame),
    ) ?? '';
  return !/node:|[\\/]node_modules[\\/]/.test(caller);
}

let passedOn = new Set<string | symbol>();
process.env = new Proxy(env, {
  get(target, name) {
    if (!passedOn.delete(name) && typeof name === 'string') names.add(name);
    return Reflect.get(target, name);
  },
  has(target, name) {
    if (typeof name === 'string') names.add(name);
    return Reflect.has(target, name);
  },
  set(target, name, value) {
    target[String(name)] = value as string;
    return true;
  },
  ownKeys(target) {
    const keys = Reflect.ownKeys(target);
    if (askedByApp()) names.add('*');
    else passedOn = new Set(keys);
    return keys;
  },
});

const pathOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return resolve(value);
  return value instanceof URL && value.protocol === 'file:' ? fileURLToPath(value) : undefined;
};
const note = (value: unknown) => {
  const path = pathOf(value);
  if (path !== undefined) files.add(path);
};

type Anything = (...args: unknown[]) => unknown;
function watch(owner: object, method: string, onCall: (args: readonly unknown[]) => void): void {
  const methods = owner as Record<string, Anything>;
  const original = methods[method];
  if (original === undefined) return;
  methods[method] = Object.assign(function (this: unknown, ...args: unknown[]) {
    onCall(args);
    return Reflect.apply(original, this, args);
  }, original);
}
for (const method of [
  'readFileSync',
  'readFile',
  'createReadStream',
  'readdirSync',
  'readdir',
  'copyFileSync',
])
  watch(fs, method, ([path]) => note(path));
for (const method of ['readFile', 'readdir', 'copyFile']) watch(fs.promises, method, ([path]) => note(path));
const whole = ([value]: readonly unknown[]) => {
  const path = pathOf(value);
  if (path !== undefined) folders.add(path);
};
for (const method of ['cp', 'cpSync']) watch(fs, method, whole);
watch(fs.promises, 'cp', whole);
const forReading = ([path, flags]: readonly unknown[]) => {
  if (flags === undefined || flags === 'r' || flags === 0) note(path);
};
for (const owner of [fs, fs.promises])
  for (const method of ['openSync', 'open']) watch(owner, method, forReading);
for (const method of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync']) {
  watch(childProcess, method, (args) => {
    const options = args.find(
      (arg): arg is { cwd?: unknown } => typeof arg === 'object' && arg !== null && 'cwd' in arg,
    );
    const folder = pathOf(options?.cwd);
    if (folder !== undefined) folders.add(folder);
  });
}
nodeModule.syncBuiltinESMExports();
// Since Node 22.15.
nodeModule.registerHooks?.({
  load(url, context, next) {
    if (url.startsWith('file:')) files.add(fileURLToPath(url));
    return next(url, context);
  },
});

process.once('exit', () => {
  if (file === undefined) return;
  const all = { names: [...names], files: [...files], folders: [...folders] };
  const settings = { names: [], files: all.files.filter((path) => SETTINGS.test(path)), folders: [] };
  appendFileSync(file, `${JSON.stringify(isPackageManager ? settings : all)}\n`);
});
