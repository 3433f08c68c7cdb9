import { simulate } from '../../simulation/run.ts';
import { SUBJECTS } from '../../simulation/subjects.ts';
import { printDefect } from '../../terminal/print.ts';
import type { Job } from './processes.ts';

const answer = async ({ scenario, subject }: Job): Promise<void> => {
  const simulated = await simulate(scenario, SUBJECTS[subject]);
  process.send?.(simulated, () => process.exit(0));
};

// Whoever has asked is gone: nobody waits for the figures.
process.once('disconnect', () => process.exit(1));
process.once('message', (job: Job) => {
  answer(job).catch((error: unknown) => {
    printDefect(error);
    process.exit(1);
  });
});
