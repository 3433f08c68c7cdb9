import type { Death } from './death.ts';
import { kill, type World } from './kill.ts';
import type { Receipt } from './operation.ts';
import type { Plan } from './plan.ts';
import type { Relay } from './relay.ts';
import { retry } from './retry.ts';

/** What became of a key. */
export interface Outcome {
  readonly plan: Plan;
  readonly deaths: readonly Death[];
  /** Whether a caller was refused who tried again at once. */
  readonly refusedAtOnce: boolean;
  /** What the caller got that tried again until there was an answer; undefined when it was refused for good. */
  readonly answer: Receipt | undefined;
  /** What one more call got. */
  readonly replay: Receipt | undefined;
  /** The record's key, where it is held. */
  readonly held: string | undefined;
}

/** Kills what the plan says where it says, and then tries again until there is an answer, as a caller would. */
export async function trial(world: World, plan: Plan): Promise<Outcome> {
  const deaths: Death[] = [];
  let relay: Relay | undefined;
  for (const n of plan.shares.keys()) {
    const killed = await kill(world, plan, n);
    deaths.push(killed.death);
    relay = killed.relay;
  }
  const arrive = async () => relay?.arrive();
  try {
    // At once, when the lease of the dead may still last; when it is over; and when nothing is on its way any more.
    let seen = await retry(world, plan, deaths.length - 1, arrive);
    const refusedAtOnce = seen.answer === undefined;
    if (!seen.answer) seen = await retry(world, plan, deaths.length, arrive);
    const { held } = seen;
    await arrive();
    if (!seen.answer) seen = await retry(world, plan, deaths.length);
    const { answer } = seen;
    const replay = answer && (await retry(world, plan, deaths.length)).answer;
    return { plan, deaths, refusedAtOnce, answer, replay, held };
  } finally {
    await relay?.close();
  }
}
