import type { PolicyEvent } from '../../core/policy-event.ts';
import type { Random } from '../../core/random.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import type { CountingStore } from '../../core/store.ts';
import { linked } from '../link.ts';
import { type Pool, pool } from '../pool.ts';
import { freezingSandbox, wakefulSandbox } from '../sandbox.ts';
import { clockIn, type World } from '../world.ts';
import { type MortalSandbox, mortalSandbox } from './sandbox.ts';
import type { CacheScenario } from './scenario.ts';
import { CACHE_SUBJECTS, type SimulatedCache } from './subject.ts';

type CacheEvent = Extract<PolicyEvent, { readonly kind: 'cache' }>;

/** An execution environment with its cache. */
export interface CacheEnvironment {
  readonly sandbox: MortalSandbox;
  readonly cache: SimulatedCache;
  /** What its cache has last reported. */
  event: CacheEvent | undefined;
}

/** Where there is always an environment: when one ends, another takes its place. */
export interface Slot {
  current: CacheEnvironment;
}

export interface CacheEnvironmentTools {
  readonly virtual: World;
  readonly store: CountingStore;
  /** Decides which environment a call comes to. */
  readonly random: Random;
}

export interface CacheEnvironments extends Pool<Slot> {
  /** A new environment takes the place of one that gets no more calls. */
  replace(slot: Slot): void;
}

/** The environments of a scenario. Each fault draws random numbers of its own: it changes nothing of what another one meets. */
export function cacheEnvironmentsOf(
  scenario: CacheScenario,
  { virtual, store, random }: CacheEnvironmentTools,
): CacheEnvironments {
  const { seed, subject, sandboxes, skewMs, isFreezing, storeOutage, cache: times, shared } = scenario;
  const ofSkew = seededRandom(seed + 2);
  const ofFaults = seededRandom(seed + 3);
  const fault = () =>
    storeOutage &&
    virtual.now >= storeOutage.fromMs &&
    virtual.now < storeOutage.toMs &&
    ofFaults.next() < storeOutage.fraction
      ? storeOutage.fault
      : undefined;
  const link = { lossFraction: 0, fault, random: ofFaults };
  let made = 0;
  const make = (): CacheEnvironment => {
    const clock = clockIn(virtual, Math.round(skewMs * (2 * ofSkew.next() - 1)));
    const sandbox = mortalSandbox(
      virtual,
      isFreezing ? freezingSandbox(virtual, clock) : wakefulSandbox(clock),
    );
    const cache = CACHE_SUBJECTS[subject]({
      ...{ clock: sandbox.clock, random: seededRandom(seed * 1_000_003 + made++), times, shared },
      store: linked(store, { sandbox, virtual }, link),
      onEvent(event) {
        if (event.kind === 'cache') environment.event = event;
      },
    });
    const environment: CacheEnvironment = { sandbox, cache, event: undefined };
    return environment;
  };
  return {
    ...pool<Slot>({ size: sandboxes }, random, () => ({ current: make() })),
    replace(slot) {
      slot.current = make();
    },
  };
}
