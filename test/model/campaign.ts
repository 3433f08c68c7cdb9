import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Batch, Model, Order } from './batch.ts';
import { addCounts, RARE_SCHEDULES, tooRare } from './counts.ts';

const BATCH = 1_000;
export const MAX_SEED: number = 2 ** 31;
/** More are of no use on a machine that does other work too. */
const PROCESSES = Math.min(2, availableParallelism());
/** What happens more rarely than once in so many schedules was not tested. */
const RARE: Readonly<Record<Model, number>> = { idempotency: RARE_SCHEDULES, breaker: 400 };

const figure = (value: number) => Math.round(value).toLocaleString('en');

/** Plays many random schedules of a model. Gives whether every invariant held. */
export async function campaign({ model, schedules, seed }: Order): Promise<boolean> {
  const counts: Record<string, number> = {};
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  let played = 0;
  let reported = 0;
  let given = 0;
  let broken: Batch | undefined;

  console.log(`${model}: ${figure(schedules)} schedules, seed ${seed}, ${PROCESSES} processes`);

  /** The seed of a batch does not depend on who plays it. */
  const give = (child: ChildProcess) => {
    const size = broken ? 0 : Math.min(BATCH, schedules - given);
    const order: Order = { model, schedules: size, seed: (seed + given / BATCH) % MAX_SEED };
    if (size > 0) child.send(order);
    else child.disconnect();
    given += size;
  };
  const take = (batch: Batch) => {
    played += batch.played;
    addCounts(counts, batch.counts);
    if (batch.story !== undefined) broken ??= batch;
    if (played - reported < schedules / 20) return;
    reported = played;
    console.log(`${model}: ${figure(played)} schedules after ${figure(seconds())} s`);
  };

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
  console.log(
    `${model}: ${figure(played)} schedules, seed ${seed}, ${figure(seconds())} s, ${rate} a second`,
  );
  for (const [kind, times] of Object.entries(counts)) console.log(`${figure(times).padStart(12)} ${kind}`);

  // Of few schedules nothing has to happen.
  const rare = schedules < BATCH ? [] : tooRare(counts, played, RARE[model]);
  if (broken) {
    console.error(
      `\n${broken.story}\n\nAgain: FIBRIN_MODEL=${model} FIBRIN_MODEL_SEED=${broken.seed} FIBRIN_MODEL_RUNS=${broken.played} npm run test:model`,
    );
  } else if (failed || played < schedules)
    console.error(`${model}: a process ended before its work was done`);
  else if (rare.length > 0) console.error(`${model}: too rare to have been tested: ${rare.join(', ')}`);
  else console.log(`${model}: every invariant held`);
  return !(broken || failed || played < schedules || rare.length > 0);
}
