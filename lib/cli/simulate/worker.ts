import { simulate } from '../../simulation/run.ts';
import { SUBJECTS } from '../../simulation/subjects.ts';
import type { Job, Outcome } from './processes.ts';

async function outcomeOf({ scenario, subject, withSeconds = false }: Job): Promise<Outcome> {
  try {
    const { figures, seconds } = await simulate(scenario, SUBJECTS[subject]);
    return { figures, seconds: withSeconds ? seconds : [] };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

// The process that wants the figures is gone.
process.once('disconnect', () => process.exit(1));
process.on('message', (job: Job) => {
  void outcomeOf(job).then((outcome) => process.send?.(outcome));
});
