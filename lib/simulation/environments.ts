import type { Random } from '../core/random.ts';
import { seededRandom } from '../core/seeded-random.ts';
import type { CountingStore } from '../core/store.ts';
import { linked } from './link.ts';
import { type Pool, pool } from './pool.ts';
import { retried } from './retried.ts';
import { freezingSandbox, type Sandbox, wakefulSandbox } from './sandbox.ts';
import type { Scenario } from './scenario.ts';
import { storeFaultAt } from './store-outage.ts';
import type { Attempt, Guard, Subject } from './subject.ts';
import { clockIn, type World } from './world.ts';

/** An execution environment, and what protects the calls that are made in it. */
export interface Environment {
  readonly sandbox: Sandbox;
  readonly guard: Guard;
  /** How it makes requests of several attempts. Undefined: one call each. */
  readonly execute: ((attempt: Attempt) => Promise<void>) | undefined;
  /** Whether its wall clock is the one that is off by a fixed time. */
  readonly isSkewed: boolean;
}

export interface EnvironmentTools {
  readonly virtual: World;
  readonly store: CountingStore;
  /** Decides which environment an invocation comes to. */
  readonly random: Random;
}

/** The environments of a scenario. Each fault draws random numbers of its own: it changes nothing of what another one meets. */
export function environmentsOf(
  scenario: Scenario,
  subject: Subject,
  { virtual, store, random }: EnvironmentTools,
): Pool<Environment> {
  const { seed, sandboxes, concurrency, slowCallMs, maxAttempts = 1 } = scenario;
  const { lossFraction = 0, skewMs = 0, skewOneMs = 0, isFreezing = false } = scenario;
  const ofSkew = seededRandom(seed + 2);
  const fault = () => storeFaultAt(scenario, virtual.now);
  const link = { lossFraction, fault, random: seededRandom(seed + 3) };
  return pool({ size: sandboxes, concurrency }, random, (index) => {
    const isSkewed = index === 0 && skewOneMs !== 0;
    const offMs = Math.round(skewMs * (2 * ofSkew.next() - 1));
    const clock = clockIn(virtual, isSkewed ? skewOneMs : offMs);
    const sandbox = isFreezing ? freezingSandbox(virtual, clock) : wakefulSandbox(clock);
    const tools = {
      ...{ index, slowCallMs, maxAttempts, clock: sandbox.clock },
      store: linked(store, { sandbox, virtual }, link),
      random: seededRandom(seed * 1_000_003 + index),
    };
    const guard = subject.guard(tools);
    const execute = maxAttempts > 1 ? (guard.execute ?? retried(guard, tools)) : undefined;
    return { sandbox, guard, execute, isSkewed };
  });
}
