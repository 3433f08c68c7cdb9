import type { AttributeValue, CountingStore } from '../core/store.ts';
import { nothingObserved, type Observed, type Second, type Tally } from './observed.ts';
import type { Scenario } from './scenario.ts';
import { type Times, timesOf } from './times.ts';
import type { World } from './world.ts';

/** How long after an outage every environment should admit all calls again. Milliseconds. */
export const SETTLED_AFTER_MS = 50_000;

/** One request, and where it is counted. */
export interface RequestSeen {
  readonly at: number;
  readonly second: Second;
  readonly tally: Tally | undefined;
}

/** Counts what happens, from outside of what is simulated. There are millions of calls, so it makes little of each. */
export class Observer {
  readonly observed: Observed;
  readonly #virtual: World;
  readonly #times: Times;
  readonly #warmUpMs: number;
  #lastState: AttributeValue | undefined = 'closed';
  #probes = 0;

  constructor(virtual: World, scenario: Scenario) {
    this.#virtual = virtual;
    this.#times = timesOf(scenario);
    this.#warmUpMs = scenario.warmUpMs;
    this.observed = nothingObserved(this.#times.endMs);
  }

  #isOutage(at: number): boolean {
    return at >= this.#times.onsetMs && at < this.#times.overMs;
  }

  #secondAt(at: number): Second {
    return this.observed.seconds[Math.floor(at / 1_000)] as Second;
  }

  /** A request comes to an environment. */
  request(isSkewed: boolean): RequestSeen {
    const { observed } = this;
    const at = this.#virtual.now;
    const second = this.#secondAt(at);
    const isSettled = at >= this.#times.overMs + SETTLED_AFTER_MS;
    const tally = isSettled ? observed.settled[isSkewed ? 'skewed' : 'right'] : undefined;
    second.calls++;
    if (tally) tally.calls++;
    if (observed.openMs === undefined && this.#isOutage(at)) observed.requestsUntilOpen++;
    return { at, second, tally };
  }

  rejected({ at, second, tally }: RequestSeen): void {
    second.rejected++;
    if (tally) tally.rejected++;
    if (at >= this.#warmUpMs) this.observed.ended++;
  }

  /** A call is made for a request. */
  called(failed: boolean): void {
    const { observed } = this;
    const { now } = this.#virtual;
    const isOutage = this.#isOutage(now);
    const isUntilOpen = isOutage && observed.openMs === undefined;
    if (now >= this.#warmUpMs) observed.made++;
    if (isUntilOpen) observed.callsUntilOpen++;
    if (!failed) return;
    this.#secondAt(now).failed++;
    if (isOutage) observed.failedCalls++;
    if (isUntilOpen) observed.failedUntilOpen++;
  }

  /** A request ends that was not rejected. */
  ended({ at }: RequestSeen, isLive: boolean, addedMs = 0): void {
    const { observed } = this;
    if (at >= this.#warmUpMs) observed.ended++;
    if (at >= this.#warmUpMs && isLive) observed.live++;
    if (!this.#isOutage(at)) return;
    observed.timed++;
    if (addedMs > 0) observed.addedMs.push(addedMs);
  }

  /** A probe begins. Gives what is to be called when it ends. */
  probe(): () => void {
    const { observed } = this;
    observed.probesAtOnce = Math.max(observed.probesAtOnce, ++this.#probes);
    return () => {
      this.#probes--;
    };
  }

  /** The store, where each change of the state under the key is noted. */
  over(store: CountingStore, stateKey: string | undefined): CountingStore {
    const note = (state: AttributeValue | undefined) => this.#note(state);
    return {
      ...store,
      async put(key, item, options) {
        const result = await store.put(key, item, options);
        if (result.applied && key === stateKey) note(item['state']);
        return result;
      },
    };
  }

  #note(state: AttributeValue | undefined): void {
    const { observed } = this;
    const { now } = this.#virtual;
    const isOutage = this.#isOutage(now);
    if (state === 'open' && isOutage) observed.openMs ??= now;
    if (state === 'open' && this.#lastState !== 'open' && now < this.#times.onsetMs) observed.falseOpens++;
    if (state === 'closed' && this.#lastState !== 'closed' && isOutage) observed.falseCloses++;
    this.#lastState = state;
  }
}
