import { print, printJson } from '../../terminal/print.ts';
import type { CheckRequest } from './arguments.ts';
import { type CheckResult, collector, jobsOf, textOf } from './checks.ts';
import { type AnySimulated, runAll } from './processes.ts';
import { progressOf } from './progress.ts';

/** Runs the checks and writes a line for each figure, a check as soon as it is complete. Resolves with the exit code. */
export async function runChecks(request: CheckRequest): Promise<number> {
  const { checks, skipped, firstSeed, json } = request;
  const jobs = jobsOf(request);
  const progress = progressOf(jobs.length);
  const collecting = collector(jobs);
  const results: CheckResult[] = [];
  const nameWidth = Math.max(...checks.map(({ name }) => name.length)) + 2;
  let done = 0;
  const write = (text: string) => {
    progress.clear();
    if (!json) print(...text.split('\n'));
  };

  write(`checks, seeds from ${firstSeed} on: median (least to most)\n`);
  progress.show(0);
  await runAll<AnySimulated>(jobs, (index, outcome) => {
    const result = collecting.take(index, outcome);
    if (result) results.push(result);
    if (result) write(textOf(result, nameWidth));
    progress.show(++done);
  });
  for (const { name } of skipped) write(`        ${name}: left out of a quick check, it takes minutes`);

  const missed = checks.filter(({ name }) => results.some((result) => result.name === name && !result.isMet));
  const isMet = missed.length === 0;
  write(
    `\n${checks.length} checks, ${missed.length} missed${isMet ? '' : `: ${missed.map(({ name }) => name).join(', ')}`}`,
  );
  if (json) {
    const left = skipped.map(({ name }) => name);
    printJson({ isMet, firstSeed, checks: results, skipped: left });
  }
  return isMet ? 0 : 1;
}
