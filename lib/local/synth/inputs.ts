import { createHash, type Hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';

/** What an app has read while it was synthesized, beside the files of its project. */
export interface Inputs {
  /** Names of environment variables; `*` for all of them. */
  readonly names: readonly string[];
  /** Files and folders outside of the project. */
  readonly files: readonly string[];
  /** Folders of which every file counts. */
  readonly folders: readonly string[];
}

/** Variables of the terminal and of its session, which say nothing to an app that reads all that there are. */
const OF_THE_SESSION =
  /^(_|SHLVL|PWD|OLDPWD|COLUMNS|LINES|DISPLAY|WINDOWID|STY|TERM(_.*)?|COLORTERM|(XDG|SSH|TMUX|VSCODE|WT|GPG|ITERM|KITTY|npm|VITEST)_.*|TMUX)$/;
/** Set by the run itself. */
const OWN = /^(CDK_OUTDIR|CDK_CONTEXT_JSON|CONTEXT_OVERFLOW_LOCATION_ENV|FIBRIN_SYNTH_TRACE|NODE_OPTIONS)$/;
const LEFT_OUT = new Set(['node_modules', 'cdk.out']);
/** A folder with more files than that is not looked through: its synthesis is never used again. */
const MAX_FILES = 20_000;

/** Where the CDK keeps what it has computed from files that it has read. */
const CDK_CACHE = join(homedir(), '.cdk', 'cache');

/** What the processes of the app have written down. Where none has, it is no app of Node's, and all variables count. */
export function readTrace(file: string, project: string, output: string): Inputs {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const traces = lines.map((line) => JSON.parse(line) as Inputs);
  const all = (part: keyof Inputs) => [...new Set(traces.flatMap((trace) => trace[part]))].sort();
  const isWithin = (path: string, folder: string) => path === folder || path.startsWith(`${folder}${sep}`);
  const outside = (path: string) =>
    ![output, join(project, '.fibrin'), CDK_CACHE, '/proc', '/sys', '/dev'].some((folder) =>
      isWithin(path, folder),
    ) &&
    // What comes from a registry counts by the lock file.
    !path.includes(`${sep}node_modules${sep}`);
  /** The project's files count anyway, all but the hidden ones and the texts. */
  const counts = (path: string) =>
    outside(path) && (!isWithin(path, project) || /(^|[\\/])\.|\.md$/.test(relative(project, path)));
  return {
    names: traces.length === 0 ? ['*'] : all('names').filter((name) => !OWN.test(name)),
    files: all('files').filter(counts),
    folders: all('folders').filter((folder) => outside(folder) && !isWithin(folder, project)),
  };
}

function hashFile(hash: Hash, path: string): void {
  try {
    const content = statSync(path).isDirectory()
      ? JSON.stringify(readdirSync(path).sort())
      : readFileSync(path);
    hash.update(content);
  } catch {
    hash.update('none');
  }
}

function* filesIn(folder: string): Generator<string> {
  let entries: readonly import('node:fs').Dirent[] = [];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // Gone, or not to be read: it counts as empty.
  }
  for (const entry of entries) {
    if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

/** By size and time: a folder can be large, such as the root of a monorepo. Undefined for one that is too large. */
function hashFolder(hash: Hash, folder: string): boolean {
  let count = 0;
  if (existsSync(folder) && !statSync(folder).isDirectory()) hashFile(hash, folder);
  for (const file of filesIn(folder)) {
    if (++count > MAX_FILES) return false;
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }
  return true;
}

/** A name for what the inputs are now; undefined where that is not known. Holds no value of a variable. */
export function hashInputs({ names, files, folders }: Inputs, env: NodeJS.ProcessEnv): string | undefined {
  const hash = createHash('sha256');
  const all = Object.keys(env).filter((name) => !OF_THE_SESSION.test(name) && !OWN.test(name));
  for (const name of names.includes('*') ? [...new Set([...all, ...names])].sort() : names)
    hash.update(`\0${name}\0${env[name] ?? '\0unset'}`);
  for (const file of files) {
    hash.update(`\0${file}\0`);
    hashFile(hash, file);
  }
  for (const folder of folders) if (!hashFolder(hash, folder)) return undefined;
  return hash.digest('hex').slice(0, 16);
}
