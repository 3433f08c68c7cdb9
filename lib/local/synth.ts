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
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { sleep, systemClock } from '../core/clock.ts';
import { LOCAL_RUN_CONTEXT } from '../core/local-run.ts';
import { LocalRunError } from './problem.ts';

export interface SynthOptions {
  /** The folder with `cdk.json`. */
  readonly project: string;
  /** Synthesise even when nothing has changed. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

export interface Synthesis {
  /** The cloud assembly. */
  readonly folder: string;
  /** Whether it was there already. */
  readonly cached: boolean;
}

/** Folders that say nothing about what is synthesized. Those that start with a dot are left out too. */
const LEFT_OUT = new Set(['node_modules', 'cdk.out', 'dist', 'coverage', 'test', 'docs', 'bench']);
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

/** A name for everything that synthesis may depend on: the project's files and the Node that runs it. */
function contentHash(project: string): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of filesOf(project)) {
    const content = readFileSync(file);
    hash.update(`\0${relative(project, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

interface CdkJson {
  readonly app?: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

function readCdkJson(project: string): CdkJson & { readonly app: string } {
  const file = join(project, 'cdk.json');
  if (!existsSync(file))
    throw new LocalRunError(`no cdk.json in ${project}; run this in the folder of a CDK app`);
  const config = JSON.parse(readFileSync(file, 'utf8')) as CdkJson;
  if (config.app === undefined)
    throw new LocalRunError(
      `${file} names no "app"; set it to the command that synthesizes, e.g. "node cdk/app.ts"`,
    );
  return { ...config, app: config.app };
}

/** Runs the app as the CDK's own command does: its output folder and context come by environment. */
async function runApp(project: string, output: string, signal: AbortSignal): Promise<void> {
  const { app, context } = readCdkJson(project);
  const child = spawn(app, {
    cwd: project,
    shell: true,
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      // What would be deployed is validated then. Here it takes longer than the rest of a small app's synthesis.
      CDK_VALIDATION: 'false',
      ...process.env,
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        stage: 'local',
        [LOCAL_RUN_CONTEXT]: true,
        'aws:cdk:enable-path-metadata': true,
        'aws:cdk:enable-asset-metadata': true,
        'aws:cdk:bundling-stacks': ['**'],
      }),
    },
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const lines = Buffer.concat(said).toString('utf8').split('\n');
  const reason = lines.find((line) => /error/i.test(line))?.trim() ?? lines.at(-2)?.trim() ?? `exit ${code}`;
  throw new LocalRunError(
    `synthesis failed: ${reason.slice(0, 300)}; run \`npx --no-install cdk synth -c stage=local -c ${LOCAL_RUN_CONTEXT}=true\` to see it all`,
  );
}

function dropOldest(folder: string): void {
  const kept = readdirSync(folder)
    // Not what others are still making.
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((name) => ({ path: join(folder, name), usedAt: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of kept.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // There is none, or it is somebody else's: it makes nothing for us either way.
    return false;
  }
};

const LOOK_MS = 100;
/** A synthesis that takes longer is not waited for: the number of its process may be another's by now. */
const WAIT_LIMIT_MS = 60_000;

/** Waits while another run makes a synthesis of the same files: what it makes serves both. */
async function othersAreDone(folder: string, signal: AbortSignal): Promise<void> {
  const isDraft = (name: string) => name.startsWith(`${basename(folder)}.`);
  const drafts = () => (existsSync(dirname(folder)) ? readdirSync(dirname(folder)).filter(isDraft) : []);
  const giveUpAt = systemClock.monotonic() + WAIT_LIMIT_MS;
  const isMade = () => drafts().some((name) => isAlive(Number(name.split('.')[1])));
  while (!isThere(folder) && isMade() && systemClock.monotonic() < giveUpAt) {
    await sleep(systemClock, LOOK_MS, signal);
  }
}

const isThere = (folder: string): boolean => existsSync(join(folder, 'manifest.json'));

/**
 * Synthesizes the app for the stage `local`, or finds what the same files gave before.
 * @throws {LocalRunError} when there is no app or it fails.
 */
export async function synthesize({ project, fresh, signal }: SynthOptions): Promise<Synthesis> {
  const cache = join(project, '.fibrin', 'synth');
  const folder = join(cache, contentHash(project));
  if (!fresh) await othersAreDone(folder, signal);
  if (!fresh && isThere(folder)) {
    const now = new Date();
    utimesSync(folder, now, now);
    return { folder, cached: true };
  }
  // Into a folder of its own first: a run that is broken off must not leave half a synthesis under the real name.
  const draft = `${folder}.${process.pid}.${randomUUID()}`;
  // It is there from the start, so that others see that it is being made.
  mkdirSync(draft, { recursive: true });
  try {
    await runApp(project, draft, signal);
    // Another run may have been faster with the same files, and uses what it made.
    if (fresh || !isThere(folder)) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  dropOldest(cache);
  return { folder, cached: false };
}
