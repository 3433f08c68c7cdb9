import { freeHeld, removeExpired } from './caretakers.ts';
import type { Counts } from './counts.ts';
import { recover } from './recovery.ts';
import { sandbox } from './sandbox.ts';
import { settle } from './settle.ts';
import type { Schedule, Step } from './steps.ts';
import { OWNERS, type Setup, type Trial, type World, world } from './world.ts';

type Sandboxes = readonly ReturnType<typeof sandbox>[];

/** The first that can do a step, from the one that it names on: a step that no sandbox takes finds nothing. */
function nextOf(sandboxes: Sandboxes, { do: what, who }: Step & { readonly who: number }) {
  const able = what === 'begin' ? 'idle' : what === 'crash' ? 'alive' : 'running';
  const turned = [...sandboxes.slice(who), ...sandboxes.slice(0, who)];
  return turned.find((one) => one.is(able));
}

/** Starts what a step is about. What has to wait for time or a packet goes on in later steps. */
function start(step: Step, sandboxes: Sandboxes, shared: World): unknown {
  const { network, clock } = shared;
  const one = 'who' in step ? nextOf(sandboxes, step) : undefined;
  switch (step.do) {
    case 'begin': {
      const { user, payload, remainingMs, isDurable, fates } = step;
      return one?.begin({ user, payload }, remainingMs, isDurable, fates);
    }
    case 'complete':
      return one?.complete(step.insists, step.fates);
    case 'fail':
      return one?.fail(step.ending, step.happened, step.fates);
    case 'markUnknown':
      return one?.markUnknown();
    case 'crash':
      return one?.crash();
    case 'arrive':
      return network.arrive(step.packet);
    case 'double':
      return network.double(step.packet);
    case 'lose':
      return network.lose(step.packet);
    case 'wait':
      return clock.advance(step.ms);
    case 'remove':
      return removeExpired(shared);
    case 'free':
      return freeHeld(shared);
  }
}

/**
 * Plays one schedule from its beginning.
 * @throws {Violation} of the first invariant that did not hold.
 */
export async function play(setup: Setup, schedule: Schedule, trial?: Trial): Promise<Counts> {
  const shared = world(setup, trial);
  const { referee, counts } = shared;
  const sandboxes = Array.from({ length: OWNERS }, (_, at) => sandbox(at, setup.skewsMs[at] ?? 0, shared));
  for (const step of schedule) {
    Promise.resolve(start(step, sandboxes, shared)).catch(referee.unexpected);
    await settle();
    referee.rule();
  }
  for (const one of sandboxes) one.crash();
  const played = { ...counts };
  await recover(shared);
  referee.rule();
  return played;
}
