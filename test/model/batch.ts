/*
 * A process that plays batches of schedules for `main.ts`, one after the other.
 */
import { type Exploration, explore } from './explore.ts';

/** What is sent back: errors do not travel between processes, their story does. */
export interface Batch {
  readonly seed: number;
  readonly played: number;
  readonly counts: Awaited<ReturnType<typeof explore>>['counts'];
  readonly story: string | undefined;
}

async function play(exploration: Exploration): Promise<void> {
  const { played, counts, broken } = await explore(exploration);
  const batch: Batch = { seed: exploration.seed, played, counts, story: broken?.story };
  process.send?.(batch);
}

process.on('message', (exploration: Exploration) => void play(exploration));
