import { settle } from '../../../lib/testing/index.ts';
import type { World } from './world.ts';

/** When all is well again, all calls are admitted after this time at the latest. Milliseconds. */
const BOUND_MS = 300_000;
const ROUND_MS = 500;
/** Rounds in a row in which all calls are admitted. */
const ENOUGH_ROUNDS = 6;
/** An environment whose calls are this far apart is not idle. Milliseconds. */
const RARE_MS = 20_000;
/** So many of those calls later it has read the state, and long after its last call it reads it first. */
const READING_ROUNDS = 8;
const LONG_MS = 130_000;
/** Failures in a row that surely open it, where each is reported, and the highest rate of calls at which it is. */
const ENOUGH_FAILURES = 60;
const MAX_RATE = 26;

/** One call of each environment, which succeeds. Gives how many were made. */
async function callsOfAll({ members }: World): Promise<number> {
  const begun = members.map(({ calls }) => calls.begin());
  await settle();
  for (const { calls } of members) while (calls.count > 0) await calls.end(calls.count - 1, 'succeeded');
  return (await Promise.all(begun)).filter(Boolean).length;
}

/** The operator removes what no breaker repairs, all requests arrive, and nothing is frozen. */
async function heals(world: World): Promise<void> {
  await world.repairState();
  await world.network.heal();
  for (const { environment } of world.members)
    await environment.thaw({ stoodStill: false, answersFirst: false });
  await world.network.drain();
}

async function admitsAll(world: World): Promise<void> {
  const { history, members } = world;
  let rounds = 0;
  for (let spentMs = 0; rounds < ENOUGH_ROUNDS; spentMs += ROUND_MS) {
    if (spentMs > BOUND_MS) {
      const known = members.map(({ environment }) => environment.knowledge.state);
      history.say('all calls are admitted again within the bound', JSON.stringify([world.state, ...known]));
      return;
    }
    const isAdmitted = (await callsOfAll(world)) === members.length && world.state.state !== 'open';
    rounds = isAdmitted ? rounds + 1 : 0;
    await world.pass(ROUND_MS);
    world.check();
  }
}

/** Environments that have no reason to doubt what they know read it all the same. */
async function overrideReachesAll(world: World): Promise<void> {
  let made = 0;
  world.operate('open', 2 * READING_ROUNDS * RARE_MS);
  for (let round = 0; round < READING_ROUNDS; round++) {
    await world.pass(RARE_MS);
    made = await callsOfAll(world);
  }
  world.operate('auto');
  if (made > 0) world.history.say('an override reaches all environments', `${made} have not heard of it`);
}

/** Environments are back under the shared state: the failures of one of them open it for all. */
async function opensAgain(world: World, who: number): Promise<void> {
  await world.pass(LONG_MS);
  for (let n = 0; n < ENOUGH_FAILURES && world.state.state === 'closed'; n++)
    await world.calls(who, 1, 'failed');
  if (world.state.state === 'closed')
    world.history.say('failures open it when all is well', `${ENOUGH_FAILURES} of ${who} do not`);
}

/**
 * All is well from here on: all calls are admitted before long, and environments do what the shared state says.
 * @param who The environment whose calls fail at last.
 */
export async function recovers(world: World, who: number): Promise<void> {
  const { history, network } = world;
  await heals(world);
  await admitsAll(world);
  if (history.isOrderly) await overrideReachesAll(world);
  if (history.isOrderly && world.state.rate <= MAX_RATE) await opensAgain(world, who);
  network.checkSums();
  world.check();
}
