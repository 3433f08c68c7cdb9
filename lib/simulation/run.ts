import { seededRandom } from '../core/seeded-random.ts';
import { environmentsOf } from './environments.ts';
import { fibrin } from './fibrin.ts';
import { type Figures, figuresOf } from './figures.ts';
import { garbageOf } from './hostile.ts';
import type { Second } from './observed.ts';
import { Observer } from './observer.ts';
import type { Scenario } from './scenario.ts';
import { type SimulatedStore, simulatedStore } from './store.ts';
import type { Subject } from './subject.ts';
import { timesOf } from './times.ts';
import { Traffic } from './traffic.ts';
import { type World, world } from './world.ts';

/** What a simulation has shown. */
export interface Simulated {
  readonly figures: Figures;
  /** From the beginning of virtual time. */
  readonly seconds: readonly Second[];
}

/** Replaces an item of the breaker by garbage at the moment that the scenario says. */
function corrupt(scenario: Scenario, subject: Subject, virtual: World, { items, counted }: SimulatedStore) {
  const { hostile } = scenario;
  if (!hostile) return;
  const replace = async (key: string) => {
    await items.put(key, garbageOf(hostile, await items.get(key)));
  };
  virtual.at(timesOf(scenario).onsetMs + hostile.atMs, () => {
    virtual.wake();
    const keys = hostile.item === 'counts' ? [...counted] : [subject.key ?? []].flat();
    for (const key of keys) void replace(key);
  });
}

/** Runs environments through a scenario, in virtual time. The same seed gives the same figures. */
export async function simulate(scenario: Scenario, subject: Subject = fibrin): Promise<Simulated> {
  const { seed, warmUpMs } = scenario;
  const { onsetMs, endMs } = timesOf(scenario);
  const virtual = world();
  const random = seededRandom(seed);
  const observer = new Observer(virtual, scenario);
  const simulated = simulatedStore(virtual, seededRandom(seed + 1));
  const { costs } = simulated;
  const store = observer.over(simulated.store, subject.key);
  const environments = environmentsOf(scenario, subject, { virtual, store, random });
  corrupt(scenario, subject, virtual, simulated);
  new Traffic(scenario, { virtual, random, environments, observer }).arrive();

  await virtual.runUntil(warmUpMs);
  costs.peakWrites = 0;
  const warm = { ...costs };
  await virtual.runUntil(onsetMs);
  const onset = { ...costs };
  await virtual.runUntil(endMs);
  const figures = figuresOf(scenario, observer.observed, { warm, onset, end: { ...costs } });
  return { figures, seconds: observer.observed.seconds };
}
