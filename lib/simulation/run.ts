import { fleetBreaker } from '../breaker/fleet.ts';
import type { BreakerStore } from '../breaker/options.ts';
import type { CircuitBreaker, Permit } from '../breaker/permit.ts';
import { readVerdict, type Verdict, verdictKey } from '../breaker/verdict.ts';
import { BreakerOpenError } from '../core/errors.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { type Figures, figuresOf, type Second, type Sighted } from './figures.ts';
import type { Scenario } from './scenario.ts';
import { simulatedStore } from './store.ts';
import { clockIn, type World, world } from './world.ts';

const NAME = 'dependency';

/** A store that notes what the fleet writes about its breaker. */
function watched(store: BreakerStore, virtual: World, isOutage: () => boolean) {
  const sighted: Sighted = {
    wasted: 0,
    verdictMs: undefined,
    probesAtOnce: 0,
    falseCloses: 0,
    throttledMs: undefined,
  };
  const clock = clockIn(virtual);
  let last: Verdict | undefined;
  const note = (verdict: Verdict) => {
    const { state, isProbing } = verdict;
    if (state === 'open' && isOutage()) sighted.verdictMs ??= virtual.now;
    if (state === 'closed' && last?.state === 'open' && isOutage()) sighted.falseCloses++;
    // A claim while another one is held would be a second probe.
    const isHeld = last?.isProbing === true && clock.now() < last.until;
    if (isProbing) sighted.probesAtOnce = Math.max(sighted.probesAtOnce, isHeld ? 2 : 1);
    last = verdict;
  };
  const put: BreakerStore['put'] = async (key, item, options) => {
    const result = await store.put(key, item, options);
    const verdict = result.applied && key === verdictKey(NAME) ? readVerdict(item) : undefined;
    if (verdict) note(verdict);
    return result;
  };
  return { store: { ...store, put }, sighted };
}

/** Lets a fleet with the shipped breaker go through a scenario, in virtual time. The same seed gives the same figures. */
export async function simulate(
  scenario: Scenario,
): Promise<{ readonly figures: Figures; readonly seconds: readonly Second[] }> {
  const { seed, sandboxes, rate, warmUpMs, healthyMs, outageMs, afterMs, okMs, failedMs, slowCallMs } =
    scenario;
  const virtual = world();
  const random = seededRandom(seed);
  const simulated = simulatedStore(virtual, seededRandom(seed + 1));
  const { costs } = simulated;
  const onsetMs = warmUpMs + healthyMs;
  const overMs = onsetMs + outageMs;
  const endMs = overMs + afterMs;
  const isOutage = () => virtual.now >= onsetMs && virtual.now < overMs;
  const { store, sighted } = watched(simulated.store, virtual, isOutage);
  const seconds = Array.from(
    { length: Math.ceil(endMs / 1_000) + 1 },
    (): Second => ({
      calls: 0,
      rejected: 0,
    }),
  );
  const present = () => seconds[Math.floor(virtual.now / 1_000)] as Second;

  const fleet: readonly CircuitBreaker[] = Array.from({ length: sandboxes }, (_, index) =>
    fleetBreaker(
      {
        name: NAME,
        clock: clockIn(virtual),
        random: seededRandom(seed * 1_000_003 + index),
        ...(slowCallMs !== undefined && { slowCallMs }),
      },
      store,
    ),
  );

  const errorsNow = () => {
    if (!isOutage()) return scenario.errors;
    const { turns, outageErrors } = scenario;
    return turns && Math.floor((virtual.now - onsetMs) / turns.everyMs) % 2 === 1
      ? turns.errors
      : outageErrors;
  };
  const call = (permit: Permit) => {
    const failed = random.next() < errorsNow();
    const tookMs = failed ? failedMs : okMs * (0.5 + random.next());
    if (failed && isOutage()) sighted.wasted++;
    virtual.at(virtual.now + tookMs, () => {
      const slow = slowCallMs !== undefined && tookMs >= slowCallMs;
      if (permit.settle(failed || slow, slow)) virtual.wake();
    });
  };
  const arrive = () => {
    const perMs = (rate * (virtual.now >= onsetMs ? scenario.surge : 1)) / 1_000;
    virtual.at(virtual.now - Math.log(1 - random.next()) / perMs, arrive);
    const second = present();
    second.calls++;
    const breaker = fleet[Math.floor(random.next() * sandboxes)] as CircuitBreaker;
    const reject = (error: unknown) => {
      if (!(error instanceof BreakerOpenError)) throw error;
      second.rejected++;
    };
    try {
      const entered = breaker.enter();
      if (!(entered instanceof Promise)) return call(entered);
      virtual.wake();
      entered.then(call, reject);
    } catch (error) {
      reject(error);
    }
  };
  let throttled = 0;
  const look = () => {
    if (costs.throttled > throttled) sighted.throttledMs = virtual.now;
    throttled = costs.throttled;
    virtual.at(virtual.now + 100, look);
  };
  arrive();
  look();

  await virtual.runUntil(warmUpMs);
  costs.peakWrites = 0;
  const warm = { ...costs };
  await virtual.runUntil(onsetMs);
  const onset = { ...costs };
  await virtual.runUntil(endMs);
  const snapshots = { warm, onset, end: { ...costs } };
  return { figures: figuresOf(scenario, seconds, snapshots, sighted), seconds };
}
