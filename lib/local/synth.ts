import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sleep, systemClock } from '../core/clock.ts';
import { LOCAL_RUN_CONTEXT } from '../core/local-run.ts';
import { scriptFile } from './bootstrap-file.ts';
import { LocalRunError } from './problem.ts';
import { reasonIn } from './synth/error.ts';
import { hashInputs, type Inputs, readTrace } from './synth/inputs.ts';
import { readJson } from './template/assembly.ts';

export interface SynthOptions {
  /** The folder with `cdk.json`. */
  readonly project: string;
  /** Synthesise even when nothing has changed. */
  readonly fresh: boolean;
  /** Where a stack is deployed that does not say it, as the app reads it. */
  readonly place?: { readonly region: string; readonly account: string };
  readonly signal: AbortSignal;
}

export interface Synthesis {
  /** The cloud assembly. */
  readonly folder: string;
  /** Whether it was there already. */
  readonly cached: boolean;
}

/** Folders that synthesis writes, and what comes from a registry: the lock file in the project says what that is. */
const LEFT_OUT = new Set(['node_modules', 'cdk.out']);
/** How many syntheses are kept beside the newest. */
const KEPT = 3;

function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile() && !entry.name.endsWith('.md')) yield path;
  }
}

/** A name for the project's files, the Node that runs the app, and what the run itself tells the app. */
function contentHash({ project, place }: SynthOptions): string {
  const hash = createHash('sha256').update(`${process.version}\0${JSON.stringify(place)}`);
  for (const file of filesOf(project)) {
    const content = readFileSync(file);
    hash.update(`\0${relative(project, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

interface CdkJson {
  readonly app?: string;
  readonly build?: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** As the CDK's command has it: what `cdk.json` says wins over what lookups have left in `cdk.context.json`. */
function readConfig(project: string): CdkJson & { readonly app: string } {
  const file = join(project, 'cdk.json');
  if (!existsSync(file))
    throw new LocalRunError(`no cdk.json in ${project}; run this in the folder of a CDK app`);
  const config = readJson<CdkJson>(file);
  if (config.app === undefined)
    throw new LocalRunError(
      `${file} names no "app"; set it to the command that synthesizes, e.g. "node cdk/app.ts"`,
    );
  const lookups = join(project, 'cdk.context.json');
  const context = { ...(existsSync(lookups) && readJson<object>(lookups)), ...config.context };
  return { ...config, app: config.app, context };
}

/** What Linux allows one environment variable to hold, less a margin. */
const MAX_CONTEXT_BYTES = 100_000;

/** Runs the app as the CDK's own command does: its output folder and context come by environment. */
async function runApp(
  { project, place, signal }: SynthOptions,
  output: string,
  trace: string,
): Promise<void> {
  const { app, build, context } = readConfig(project);
  const script = await scriptFile(join(project, '.fibrin'), 'synth/trace');
  const text = JSON.stringify({
    ...context,
    stage: 'local',
    [LOCAL_RUN_CONTEXT]: true,
    'aws:cdk:enable-path-metadata': true,
    'aws:cdk:enable-asset-metadata': true,
    'aws:cdk:bundling-stacks': ['**'],
  });
  const overflow = `${trace}.context.json`;
  const fits = Buffer.byteLength(text) < MAX_CONTEXT_BYTES;
  if (!fits) writeFileSync(overflow, text);
  const env = {
    // What would be deployed is validated then. Here it takes longer than the rest of a small app's synthesis.
    CDK_VALIDATION: 'false',
    ...process.env,
    ...(place && { CDK_DEFAULT_REGION: place.region, CDK_DEFAULT_ACCOUNT: place.account }),
    CDK_OUTDIR: output,
    CDK_CONTEXT_JSON: fits ? text : '{}',
    ...(!fits && { CONTEXT_OVERFLOW_LOCATION_ENV: overflow }),
    FIBRIN_SYNTH_TRACE: trace,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${pathToFileURL(script).href}`.trim(),
  };
  try {
    for (const command of build === undefined ? [app] : [build, app])
      await runCommand(command, project, env, signal);
  } finally {
    rmSync(overflow, { force: true });
  }
}

async function runCommand(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(command, { cwd, env, signal, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => said[name].push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const [stdout, stderr] = [said.stdout, said.stderr].map((chunks) => Buffer.concat(chunks).toString('utf8'));
  const reason = reasonIn(stderr?.trim() ? stderr : (stdout ?? ''), `exit ${code}`);
  throw new LocalRunError(
    `synthesis failed: ${reason}; run \`npx --no-install cdk synth -c stage=local -c ${LOCAL_RUN_CONTEXT}=true\` to see it all`,
  );
}

/** Beside what the app has written: what it has read for it. */
const INPUTS = 'fibrin-inputs.json';

/** What the same files gave before, if all else that the app read then is as it was. */
function foundIn(cache: string, content: string): string | undefined {
  if (!existsSync(cache)) return undefined;
  return readdirSync(cache)
    .filter((name) => /^[0-9a-f]{16}-[0-9a-f]{16}$/.test(name) && name.startsWith(content))
    .map((name) => join(cache, name))
    .find((folder) => {
      const file = join(folder, INPUTS);
      if (!existsSync(file)) return false;
      const hash = hashInputs(JSON.parse(readFileSync(file, 'utf8')) as Inputs, process.env);
      return hash !== undefined && folder.endsWith(`-${hash}`);
    });
}

function dropOldest(folder: string): void {
  const kept = readdirSync(folder)
    // Not what others are still making.
    .filter((name) => /^[0-9a-f]{16}(-[0-9a-f]{16})?$/.test(name))
    .map((name) => ({ path: join(folder, name), usedAt: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of kept.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // There is none, or it is another process's: it makes nothing for us either way.
    return false;
  }
};

const LOOK_MS = 100;
/** A synthesis that takes longer is not waited for: the number of its process may be another's by now. */
const WAIT_LIMIT_MS = 60_000;

/** Waits while another run makes a synthesis of the same files: what it makes may serve both. */
async function othersAreDone(cache: string, content: string, signal: AbortSignal): Promise<void> {
  const isDraft = (name: string) => name.startsWith(`${content}.`);
  const drafts = () => (existsSync(cache) ? readdirSync(cache).filter(isDraft) : []);
  const giveUpAt = systemClock.monotonic() + WAIT_LIMIT_MS;
  const isMade = () => drafts().some((name) => isAlive(Number(name.split('.')[1])));
  while (foundIn(cache, content) === undefined && isMade() && systemClock.monotonic() < giveUpAt) {
    await sleep(systemClock, LOOK_MS, signal);
  }
}

/**
 * Synthesizes the app for the stage `local`, or finds what it gave before from the same files, environment variables, and
 * whatever else it read.
 * @throws {LocalRunError} when there is no app or it fails.
 */
export async function synthesize(options: SynthOptions): Promise<Synthesis> {
  const { project, fresh, signal } = options;
  const cache = join(project, '.fibrin', 'synth');
  const content = contentHash(options);
  if (!fresh) {
    await othersAreDone(cache, content, signal);
    const folder = foundIn(cache, content);
    if (folder !== undefined) {
      const now = new Date();
      utimesSync(folder, now, now);
      return { folder, cached: true };
    }
  }
  // Into a folder of its own first: a run that is broken off must not leave half a synthesis under the real name.
  const draft = join(cache, `${content}.${process.pid}.${randomUUID()}`);
  const trace = `${draft}.trace`;
  // It is there from the start, so that others see that it is being made.
  mkdirSync(draft, { recursive: true });
  try {
    await runApp(options, draft, trace);
    const inputs = readTrace(trace, project, draft);
    // What is not known is nothing that a later run could compare.
    const folder = join(
      cache,
      `${content}-${hashInputs(inputs, process.env) ?? randomUUID().replaceAll('-', '').slice(0, 16)}`,
    );
    writeFileSync(join(draft, INPUTS), JSON.stringify(inputs));
    // Another run may have been faster with the same files, and uses what it made.
    if (fresh || !existsSync(join(folder, 'manifest.json'))) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    }
    dropOldest(cache);
    return { folder, cached: false };
  } finally {
    for (const path of [draft, trace]) rmSync(path, { recursive: true, force: true });
  }
}
