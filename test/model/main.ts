/*
 * Plays many random schedules, other ones each time: `npm run test:model`.
 * FIBRIN_MODEL_RUNS: how many, 100,000 by default. FIBRIN_MODEL_SEED: the same ones again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Batch } from './batch.ts';
import { addCounts, noCounts, tooRare } from './counts.ts';

const BATCH = 1_000;
const MAX_SEED = 2 ** 31;
/** More do not help who shares a machine. */
const PROCESSES = Math.min(2, availableParallelism());

function wholeNumber(name: string, otherwise: number): number {
  const text = process.env[name] ?? String(otherwise);
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`Expected ${name} to be a whole number, got ${text}`);
  return value;
}

const schedules = wholeNumber('FIBRIN_MODEL_RUNS', 100_000);
const seed = wholeNumber('FIBRIN_MODEL_SEED', randomInt(MAX_SEED)) % MAX_SEED;

const counts = noCounts();
const startedAt = performance.now();
const seconds = () => (performance.now() - startedAt) / 1_000;
const figure = (value: number) => Math.round(value).toLocaleString('en');
let played = 0;
let told = 0;
let given = 0;
let broken: Batch | undefined;

console.log(`model: ${figure(schedules)} schedules, seed ${seed}, ${PROCESSES} processes`);

/** The seed of a batch does not depend on who plays it. */
function give(child: ChildProcess): void {
  const size = broken ? 0 : Math.min(BATCH, schedules - given);
  if (size > 0) child.send({ schedules: size, seed: (seed + given / BATCH) % MAX_SEED });
  else child.disconnect();
  given += size;
}

function take(batch: Batch): void {
  played += batch.played;
  addCounts(counts, batch.counts);
  if (batch.story !== undefined) broken ??= batch;
  if (played - told < schedules / 20) return;
  told = played;
  console.log(`model: ${figure(played)} schedules after ${figure(seconds())} s`);
}

const batchFile = fileURLToPath(new URL('./batch.ts', import.meta.url));
const exits = Array.from({ length: PROCESSES }, () => {
  const child = fork(batchFile);
  child.on('message', (batch: Batch) => {
    take(batch);
    give(child);
  });
  give(child);
  return new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
});
const failed = (await Promise.all(exits)).some((code) => code !== 0);

const rate = figure(played / seconds());
console.log(`model: ${figure(played)} schedules, seed ${seed}, ${figure(seconds())} s, ${rate} a second`);
for (const [kind, times] of Object.entries(counts)) console.log(`${figure(times).padStart(12)} ${kind}`);

// Of few schedules nothing has to happen.
const rare = schedules < BATCH ? [] : tooRare(counts, played);
if (broken) {
  console.error(
    `\n${broken.story}\n\nAgain: FIBRIN_MODEL_SEED=${broken.seed} FIBRIN_MODEL_RUNS=${broken.played} npm run test:model`,
  );
} else if (failed || played < schedules) console.error('model: a process ended before its work was done');
else if (rare.length > 0) console.error(`model: too rare to have been tested: ${rare.join(', ')}`);
else console.log('model: every invariant held');
process.exitCode = broken || failed || played < schedules || rare.length > 0 ? 1 : 0;
