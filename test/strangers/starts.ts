import { rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/core/clock.ts';
import { succeeded } from '../support/commands.ts';
import { endedChildrenMs } from './processor-time.ts';
import { putApp, type Workplace } from './project.ts';
import { INTERRUPTED, start } from './started.ts';

const APP = 'five-functions';
/** More than its own synthesis a first start may not take. Milliseconds. */
const FIRST_MARGIN_MS = 4_000;
/** What a start of an unchanged app may take. Milliseconds. */
const UNCHANGED_LIMIT_MS = 5_000;

const KINDS = {
  synth: "the app's own `npx cdk synth`",
  first: '`npx fibrin local`, first start',
  unchanged: '`npx fibrin local`, unchanged app',
} as const;
type Kind = keyof typeof KINDS;

interface Took {
  /** To the end of the synthesis, or to `ready`. */
  readonly ms: number;
  /** Processor time of all its processes by then. Undefined where the kernel does not tell. */
  readonly processorMs: number | undefined;
  /** How many processes wanted a processor in the minute before. */
  readonly load: number;
}

export type Starts = Readonly<Record<Kind, readonly Took[]>>;

interface MeasureOptions {
  readonly place: Workplace;
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const load = (): number => Number(loadavg()[0]);

async function synth({ place, signal }: MeasureOptions): Promise<Took> {
  const before = { load: load(), processorMs: endedChildrenMs(), ms: systemClock.monotonic() };
  const env = { ...process.env, TMPDIR: place.temporary };
  await succeeded('npx', ['--no-install', 'cdk', 'synth', '--quiet'], { cwd: place.project, env, signal });
  const processorMs = endedChildrenMs();
  return {
    ms: systemClock.monotonic() - before.ms,
    processorMs: processorMs === undefined ? undefined : processorMs - Number(before.processorMs),
    load: before.load,
  };
}

async function local({ place, signal }: MeasureOptions, said: RegExp): Promise<Took> {
  const before = load();
  const run = await start(place, [], signal);
  // Whatever was fast to start has to work.
  const made = await run.call('POST', '/notes', { body: { text: 'tea' } });
  const read = await run.call('GET', `/notes/${JSON.parse(made.text).id}`);
  const { code } = await run.stop();
  if (read.status !== 200 || code !== INTERRUPTED || !said.test(run.output()))
    throw new Error(`the app does not work: ${read.status}, exit code ${code}\n${run.output()}`);
  return { ms: run.startMs, processorMs: run.startProcessorMs, load: before };
}

/** What the app, its tools and Node have kept of the runs before. */
function forget({ project, temporary }: Workplace): void {
  for (const folder of [
    join(project, '.fibrin'),
    join(project, 'cdk.out'),
    join(temporary, 'node-compile-cache'),
  ])
    rmSync(folder, { recursive: true, force: true });
}

/** Measures an app of five bundled functions: by turns its synthesis, its first start, and a start of the unchanged app. */
export async function measureStarts(options: MeasureOptions): Promise<Starts> {
  const { place, runs, say } = options;
  const starts: Record<Kind, Took[]> = { synth: [], first: [], unchanged: [] };
  putApp(place, APP);
  for (let run = 1; run <= runs; run++) {
    forget(place);
    starts.synth.push(await synth(options));
    forget(place);
    starts.first.push(await local(options, /^synthesized$/m));
    starts.unchanged.push(await local(options, /unchanged/));
    const last = Object.entries(starts).map(([kind, all]) => `${kind} ${Math.round(all.at(-1)?.ms ?? 0)} ms`);
    say(`${run} of ${runs}: ${last.join(', ')}`);
  }
  return starts;
}

const sorted = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);

function median(values: readonly number[]): number {
  const all = sorted(values);
  const middle = all.length / 2;
  return (Number(all[Math.ceil(middle) - 1]) + Number(all[Math.floor(middle)])) / 2;
}

const medianMs = (all: readonly Took[]): number => median(all.map(({ ms }) => ms));
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export function startsTable(starts: Starts): string {
  const row = (what: string, ...cells: readonly string[]) =>
    `${what.padEnd(36)}${cells.map((cell) => cell.padStart(18)).join('')}`;
  return [
    row('', 'median', 'spread', 'processor time', 'load'),
    ...(Object.keys(KINDS) as Kind[]).map((kind) => {
      const all = starts[kind];
      const times = sorted(all.map(({ ms }) => ms));
      const processor = all.flatMap(({ processorMs }) => processorMs ?? []);
      const spread = `${seconds(Number(times[0]))} to ${seconds(Number(times.at(-1)))}`;
      return row(
        KINDS[kind],
        seconds(medianMs(all)),
        spread,
        processor.length === 0 ? '' : seconds(median(processor)),
        median(all.map((took) => took.load)).toFixed(1),
      );
    }),
  ].join('\n');
}

/** Which limits are not kept, in words. */
export function tooSlow({ synth: own, first, unchanged }: Starts): readonly string[] {
  const limits: readonly (readonly [Kind, number, number])[] = [
    ['first', medianMs(first), medianMs(own) + FIRST_MARGIN_MS],
    ['unchanged', medianMs(unchanged), UNCHANGED_LIMIT_MS],
  ];
  return limits
    .filter(([, ms, limitMs]) => ms > limitMs)
    .map(([kind, ms, limitMs]) => `${KINDS[kind]}: ${seconds(ms)}, expected at most ${seconds(limitMs)}`);
}
