/*
 * A process that plays batches of schedules for `main.ts`, one after the other.
 */
import { exploreBreaker } from '../property/breaker-model/explore.ts';
import { explore } from './explore.ts';

/** What there is a model of. */
export type Model = 'idempotency' | 'breaker';

export interface Order {
  readonly model: Model;
  readonly schedules: number;
  readonly seed: number;
}

/** What is sent back: errors do not travel between processes, their story does. */
export interface Batch {
  readonly seed: number;
  readonly played: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly story: string | undefined;
}

const PLAY: Readonly<Record<Model, (order: Order) => Promise<Omit<Batch, 'seed'>>>> = {
  async idempotency(order) {
    const { broken, ...findings } = await explore(order);
    return { ...findings, story: await broken?.story() };
  },
  breaker: ({ schedules, seed }) => exploreBreaker({ runs: schedules, seed }),
};

async function play(order: Order): Promise<void> {
  const { played, counts, story } = await PLAY[order.model](order);
  const batch: Batch = { seed: order.seed, played, counts, story };
  process.send?.(batch);
}

process.on('message', (order: Order) => void play(order));
