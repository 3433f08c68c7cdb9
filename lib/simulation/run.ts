import { BreakerOpenError } from '../core/errors.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { fibrin } from './fibrin.ts';
import { type Figures, figuresOf, type Second } from './figures.ts';
import { fleetOf, type Member } from './fleet.ts';
import type { Scenario } from './scenario.ts';
import { simulatedStore } from './store.ts';
import type { Leave, Subject } from './subject.ts';
import { errorsAt, rateAt, timesOf } from './times.ts';
import { watch } from './watch.ts';
import { world } from './world.ts';

/** What a simulation has shown. */
export interface Simulated {
  readonly figures: Figures;
  /** From the beginning of virtual time. */
  readonly seconds: readonly Second[];
}

/** Lets a fleet go through a scenario, in virtual time. The same seed gives the same figures. */
export async function simulate(scenario: Scenario, subject: Subject = fibrin): Promise<Simulated> {
  const { seed, okMs, failedMs, slowCallMs } = scenario;
  const { onsetMs, overMs, endMs } = timesOf(scenario);
  const virtual = world();
  const random = seededRandom(seed);
  const isOutage = () => virtual.now >= onsetMs && virtual.now < overMs;
  const watching = watch(virtual, isOutage);
  const { sighted } = watching;
  const { store: simulated, costs } = simulatedStore(virtual, seededRandom(seed + 1));
  const store = watching.over(simulated, subject.key);
  const seconds = Array.from(
    { length: Math.ceil(endMs / 1_000) + 1 },
    (): Second => ({ calls: 0, rejected: 0, failed: 0 }),
  );
  const present = () => seconds[Math.floor(virtual.now / 1_000)] as Second;

  const fleet = fleetOf(scenario, subject, { virtual, store, random });

  const end = (member: Member) => {
    member.sandbox.end();
    fleet.release(member);
  };
  const call = (member: Member, leave: Leave) => {
    const failed = random.next() < errorsAt(scenario, virtual.now);
    const tookMs = failed ? failedMs : okMs * (0.5 + random.next());
    if (failed) present().failed++;
    if (failed && isOutage()) sighted.wasted++;
    const ended = leave.isProbe ? watching.probe() : undefined;
    virtual.at(virtual.now + tookMs, () => {
      ended?.();
      const slow = slowCallMs !== undefined && tookMs >= slowCallMs;
      const told = leave.settle(failed || slow, slow);
      if (told === undefined) return end(member);
      virtual.wake();
      void told.then(() => end(member));
    });
  };
  const invoke = (member: Member, second: Second) => {
    const reject = (error: unknown) => {
      if (!(error instanceof BreakerOpenError)) throw error;
      second.rejected++;
      end(member);
    };
    try {
      const entered = member.guard.enter();
      if (!(entered instanceof Promise)) return call(member, entered);
      virtual.wake();
      entered.then((leave) => call(member, leave), reject);
    } catch (error) {
      reject(error);
    }
  };
  const arrive = () => {
    const perMs = rateAt(scenario, virtual.now) / 1_000;
    virtual.at(virtual.now - Math.log(1 - random.next()) / perMs, arrive);
    const second = present();
    second.calls++;
    const member = fleet.take();
    member.sandbox.begin(() => invoke(member, second));
  };
  let throttled = 0;
  const look = () => {
    if (costs.throttled > throttled) sighted.throttledMs = virtual.now;
    throttled = costs.throttled;
    virtual.at(virtual.now + 100, look);
  };
  arrive();
  look();

  await virtual.runUntil(scenario.warmUpMs);
  costs.peakWrites = 0;
  const warm = { ...costs };
  await virtual.runUntil(onsetMs);
  const onset = { ...costs };
  await virtual.runUntil(endMs);
  const snapshots = { warm, onset, end: { ...costs } };
  return { figures: figuresOf(scenario, seconds, snapshots, sighted), seconds };
}
