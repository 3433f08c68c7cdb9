import type { Random } from '../../core/random.ts';
import type { World } from '../world.ts';
import type { CacheEnvironment, CacheEnvironments, Slot } from './environments.ts';
import type { CacheObserver, CallSeen } from './observer.ts';
import type { CacheScenario } from './scenario.ts';
import type { Source, Value } from './source.ts';

export interface CacheTrafficTools {
  readonly virtual: World;
  readonly random: Random;
  readonly environments: CacheEnvironments;
  readonly observer: CacheObserver;
  readonly source: Source;
}

/** A load may be cut short after so long, while it holds its lease. Milliseconds. */
const MISHAP_AFTER_MS = 30;
const FROZEN_MS = 5_000;

/** What the cache has reported of the call that has just begun, where it is known at once. */
const resultOf = ({ event }: CacheEnvironment) => event?.result;

const keyOf = (index: number): string => `key-${index}`;

/** Makes the calls of a scenario, at random moments, and what befalls environments and values meanwhile. */
export class CacheTraffic {
  readonly #scenario: CacheScenario;
  readonly #tools: CacheTrafficTools;
  #lastMishapMs = Number.NEGATIVE_INFINITY;

  constructor(scenario: CacheScenario, tools: CacheTrafficTools) {
    this.#scenario = scenario;
    this.#tools = tools;
  }

  begin(): void {
    const { virtual, environments } = this.#tools;
    const { keys, isTogether, replaceEveryMs, invalidateEveryMs } = this.#scenario;
    if (isTogether) for (let index = 0; index < keys; index++) this.#call(environments.take(), keyOf(index));
    this.#arrive();
    const each = (everyMs: number | undefined, run: () => void) => {
      if (everyMs === undefined) return;
      virtual.at(virtual.now + everyMs, () => {
        run();
        each(everyMs, run);
      });
    };
    each(replaceEveryMs, () => environments.replace(environments.take()));
    each(invalidateEveryMs, () => this.#change(keyOf(0)));
  }

  /** A call comes, and after it the next one. */
  #arrive(): void {
    const { virtual, random, environments } = this.#tools;
    const { rate, keys } = this.#scenario;
    virtual.at(virtual.now - (Math.log(1 - random.next()) / rate) * 1_000, () => this.#arrive());
    this.#call(environments.take(), keyOf(Math.floor(random.next() * keys)));
  }

  #call(slot: Slot, key: string): void {
    const environment = slot.current;
    environment.sandbox.begin(() => this.#execute(slot, environment, key));
  }

  #execute(slot: Slot, environment: CacheEnvironment, key: string): void {
    const { virtual, observer } = this.#tools;
    const { isFreezing, afterMs } = this.#scenario;
    const call = observer.call(key, virtual.now);
    environment.event = undefined;
    const answer = environment.cache.execute(() => this.#load(slot, environment, call), { key });
    const result = resultOf(environment);
    call.isCoalesced = result === 'coalesced';
    // A hit takes no time: there are millions, and what comes of them can be counted later.
    const isHit = result === 'hit' && !isFreezing;
    const { now } = virtual;
    const endedMs = () => (isHit ? now : virtual.now);
    if (!isHit) virtual.wake();
    const end = (value: Value | undefined) => {
      observer.ended(call, endedMs(), value);
      if (afterMs === 0) environment.sandbox.end();
      else virtual.at(virtual.now + afterMs, () => environment.sandbox.end());
    };
    answer.then(end, () => end(undefined));
  }

  #load(slot: Slot, environment: CacheEnvironment, call: CallSeen): Promise<Value> {
    const { virtual, observer, source } = this.#tools;
    call.loadBeganMs = virtual.now;
    observer.loadBegins(call.key, virtual.now);
    this.#mayMeetMishap(slot, environment, call.key);
    return source.load(call.key, environment.sandbox).finally(() => {
      call.loadEndedMs = virtual.now;
    });
  }

  #mayMeetMishap(slot: Slot, environment: CacheEnvironment, key: string): void {
    const { virtual, environments, observer } = this.#tools;
    const { mishap, cache } = this.#scenario;
    if (mishap === undefined || virtual.now - this.#lastMishapMs < cache.ttlMs / 2) return;
    this.#lastMishapMs = virtual.now;
    observer.cutShort(key, virtual.now);
    virtual.at(virtual.now + MISHAP_AFTER_MS, () => {
      if (mishap === 'killed') environment.sandbox.kill();
      else environment.sandbox.freezeFor(FROZEN_MS);
      if (slot.current === environment) environments.replace(slot);
    });
  }

  /** The source has another value of the key, and one environment says so. */
  #change(key: string): void {
    const { virtual, environments, observer, source } = this.#tools;
    const { sandbox, cache } = environments.take().current;
    const version = source.change(key);
    sandbox.begin(() => {
      virtual.wake();
      void Promise.resolve(cache.invalidate(key)).then(() => {
        observer.changed(key, version, virtual.now);
        sandbox.end();
      });
    });
  }
}
