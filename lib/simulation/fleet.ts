import type { Random } from '../core/random.ts';
import { seededRandom } from '../core/seeded-random.ts';
import type { CountingStore } from '../core/store.ts';
import { linked } from './link.ts';
import { type Pool, pool } from './pool.ts';
import { freezingSandbox, type Sandbox, wakefulSandbox } from './sandbox.ts';
import type { Scenario } from './scenario.ts';
import type { Guard, Subject } from './subject.ts';
import { timesOf } from './times.ts';
import { clockIn, type World } from './world.ts';

/** A sandbox, and what protects the calls that are made in it. */
export interface Member {
  readonly sandbox: Sandbox;
  readonly guard: Guard;
}

export interface FleetTools {
  readonly virtual: World;
  readonly store: CountingStore;
  /** Decides whom an invocation comes to. */
  readonly random: Random;
}

/** The sandboxes of a scenario. What one fault draws is drawn for itself: it changes nothing of what another one meets. */
export function fleetOf(scenario: Scenario, subject: Subject, tools: FleetTools): Pool<Member> {
  const { seed, sandboxes, concurrency, slowCallMs, storeOutage } = scenario;
  const { lossShare = 0, skewMs = 0, isFreezing = false } = scenario;
  const { virtual, store, random } = tools;
  const { onsetMs } = timesOf(scenario);
  const isOut = () => {
    const sinceOnset = virtual.now - onsetMs;
    return storeOutage !== undefined && sinceOnset >= storeOutage.fromMs && sinceOnset < storeOutage.toMs;
  };
  const ofSkew = seededRandom(seed + 2);
  const link = { lossShare, isOut, random: seededRandom(seed + 3) };
  return pool({ size: sandboxes, concurrency }, random, (index) => {
    const offMs = Math.round(skewMs * (2 * ofSkew.next() - 1));
    const clock = clockIn(virtual, offMs);
    const sandbox = isFreezing ? freezingSandbox(virtual, clock) : wakefulSandbox(clock);
    const guard = subject.guard({
      ...{ index, slowCallMs, clock: sandbox.clock },
      store: linked(store, { sandbox, virtual }, link),
      random: seededRandom(seed * 1_000_003 + index),
    });
    return { sandbox, guard };
  });
}
