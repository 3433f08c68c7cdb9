import { simulateCache } from '../../simulation/cache/run.ts';
import { simulate } from '../../simulation/run.ts';
import { SUBJECTS } from '../../simulation/subjects.ts';
import type { AnyJob, AnySimulated, Outcome } from './processes.ts';

async function simulatedOf(job: AnyJob): Promise<AnySimulated> {
  if ('cacheScenario' in job) return { figures: await simulateCache(job.cacheScenario) };
  const { scenario, subject, withSeconds = false } = job;
  const { figures, seconds } = await simulate(scenario, SUBJECTS[subject]);
  return { figures, seconds: withSeconds ? seconds : [] };
}

async function outcomeOf(job: AnyJob): Promise<Outcome<AnySimulated>> {
  try {
    return await simulatedOf(job);
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

// The process that wants the figures is gone.
process.once('disconnect', () => process.exit(1));
process.on('message', (job: AnyJob) => {
  void outcomeOf(job).then((outcome) => process.send?.(outcome));
});
