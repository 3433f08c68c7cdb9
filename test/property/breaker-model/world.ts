import { countsKey } from '../../../lib/breaker/outcome-counts.ts';
import { OpeningRule } from '../../../lib/breaker/rule.ts';
import { INITIAL, readState, type StoredState, writeState } from '../../../lib/breaker/state.ts';
import type { RequestKind } from '../../../lib/breaker/store-access.ts';
import { force, unforce } from '../../../lib/breaker/transitions.ts';
import { seededRandom, settle } from '../../../lib/testing/index.ts';
import type { CallEnd } from './call.ts';
import { Calls } from './calls.ts';
import { Environment, type Thaw } from './environment.ts';
import { History, NEAR_MS } from './history.ts';
import { hostileCounts, hostileState } from './hostile.ts';
import { OPEN_MS } from './knowledge.ts';
import { type Fate, NAME, Network } from './network.ts';
import type { Occurrences } from './occurrences.ts';
import type { Sabotage } from './sabotage.ts';

export const ENVIRONMENTS = 3;
/** An override lasts so long. Milliseconds. */
export const FORCED_MS = 40_000;
const START = 1_750_000_000_000;
/** Failures in a row that surely open it. */
const MANY = 40;

/** What stays the same in a schedule. */
export interface Setup {
  readonly seed: number;
  /** Whether each environment does all that it does with a probability, or draws. */
  readonly isThorough: boolean;
  /** Calls a second that the stored state begins with. 0: nothing is stored. */
  readonly rate: number;
  readonly slowCallMs: number | undefined;
  /** Whether clocks are far apart. */
  readonly isDistant: boolean;
  /** Whether something else writes items. */
  readonly isHostile: boolean;
}

export interface Member {
  readonly environment: Environment;
  readonly calls: Calls;
}

/** Environments with the shipped breaker, one store, and what happens to them. */
export class World {
  readonly history: History;
  readonly network: Network;
  readonly members: Member[];
  readonly #setup: Setup;
  readonly #sabotage: Sabotage;
  #elapsedMs = 0;
  #born = 0;

  constructor(setup: Setup, occurrences: Occurrences, sabotage: Sabotage = {}) {
    this.#setup = setup;
    this.#sabotage = sabotage;
    this.history = new History(occurrences);
    this.network = new Network(this.history);
    if (setup.rate > 0) this.network.plant(writeState({ ...INITIAL, version: 1, rate: setup.rate }));
    this.members = Array.from({ length: ENVIRONMENTS }, () => this.#newMember());
  }

  get now(): number {
    return START + this.#elapsedMs;
  }

  /** What is stored. The initial state, where that cannot be read. */
  get state(): StoredState {
    return readState(NAME, this.network.item).state ?? INITIAL;
  }

  /** @throws the first violation. */
  check(): void {
    if (this.history.broken[0]) throw this.history.broken[0];
  }

  /** All know that it is open, and so many probes have succeeded: the next one may be made. */
  async opens(probes: number): Promise<void> {
    await this.calls(0, MANY, 'failed');
    await this.pass(1_000);
    for (let who = 1; who < ENVIRONMENTS; who++) await this.calls(who, 1, 'failed');
    await this.pass(OPEN_MS + 1_200);
    for (let made = 0, tried = 0; made < probes && tried < MANY; tried++)
      made += await this.calls(0, 1, 'succeeded');
  }

  async begin(who: number, remainingMs?: number): Promise<void> {
    const { environment, calls } = this.#member(who);
    if (environment.isFrozen) return;
    void calls.begin(remainingMs);
    await settle();
  }

  /** A call begins with a network that is quick, and has not ended. */
  async start(who: number): Promise<void> {
    await this.begin(who);
    await this.network.drain();
  }

  /** The caller gives up while it is asked whether its call may be made, and the answer comes all the same. */
  async abandon(who: number): Promise<void> {
    await this.begin(who);
    await this.abort(who, -1);
    await this.network.drain();
  }

  async end(who: number, which: number, outcome: CallEnd): Promise<void> {
    const { environment, calls } = this.#member(who);
    if (!environment.isFrozen) await calls.end(which, outcome);
  }

  async abort(who: number, which: number): Promise<void> {
    const { environment, calls } = this.#member(who);
    if (!environment.isFrozen) await calls.abort(which);
  }

  /** Calls one after the other, with a network that is quick. Gives how many were made. */
  async calls(who: number, count: number, outcome: CallEnd): Promise<number> {
    const { environment, calls } = this.#member(who);
    let made = 0;
    for (let n = 0; n < count && !environment.isFrozen; n++) {
      const before = calls.count;
      void calls.begin();
      await settle();
      await this.network.drain();
      if (calls.count > before) {
        made++;
        await calls.end(before, outcome);
      }
      await this.network.drain();
    }
    return made;
  }

  async pass(ms: number): Promise<void> {
    this.#elapsedMs += ms;
    for (const { environment } of this.members) await environment.pass(ms);
  }

  freeze(who: number): void {
    this.#member(who).environment.isFrozen = true;
  }

  async thaw(who: number, thaw: Thaw): Promise<void> {
    if (thaw.stoodStill) this.history.count('standstills');
    await this.#member(who).environment.thaw(thaw);
  }

  skew(who: number, ms: number): void {
    if (Math.abs(ms) > NEAR_MS) {
      this.history.isNear = false;
      this.history.count('distant clocks');
    }
    this.#member(who).environment.skew(ms);
  }

  /** The environment dies, and a new one takes its place. */
  restart(who: number): void {
    this.#member(who).environment.isDead = true;
    this.members[who] = this.#newMember();
  }

  meets(which: number, fate: Fate): Promise<void> {
    return this.network.meets(which, fate);
  }

  /** All environments lack the right to requests of a kind, or have all rights. */
  deny(kind: RequestKind | undefined): void {
    this.network.denied = kind;
  }

  /** An operator forces the state, or ends that. */
  operate(state: 'open' | 'closed' | 'auto', forMs: number = FORCED_MS): void {
    this.history.count('overrides');
    const forcing = { forMs, by: 'ada' };
    this.network.operate((before) =>
      state === 'auto' ? unforce(before, this.now) : force(before, this.now, { state, ...forcing }),
    );
  }

  /** An operator removes the state item. */
  async remove(): Promise<void> {
    this.history.count('removals of the state');
    this.network.plant(undefined);
    this.history.operated();
    // No environment can make another one in the same moment.
    await this.pass(1);
  }

  /** Something else writes what no breaker writes in the place of the state. */
  async plantState(which: number, isNew: boolean): Promise<void> {
    await this.pass(1);
    const { state } = this;
    const { version, since } = state;
    // A state without a beginning could not be distinguished from one of before a removal.
    const base = { ...state, version: Math.max(1, version + (isNew ? 1 : 0)), since: since || this.now };
    const planted = hostileState(which, writeState(base), this.now);
    const reading = readState(NAME, planted);
    this.history.count('hostile states');
    if (reading.state === undefined) this.history.count('unreadable states');
    this.network.plant(planted);
    this.history.altered(reading.state);
  }

  /** And in the place of the counts of the present epoch. */
  plantCounts(which: number): void {
    const key = countsKey(NAME, this.state.epoch, new OpeningRule({}));
    this.history.count('hostile counts');
    this.history.isUntouched = false;
    this.network.plantCounts(key, hostileCounts(which, this.network.itemOf(key), this.now));
  }

  /** An operator removes what cannot be read, and ends an override that would last for long by the clock of an environment. */
  async repairState(): Promise<void> {
    const { state } = readState(NAME, this.network.item);
    if (state === undefined) return this.remove();
    const isLong = this.#setup.isDistant || state.until > this.now + FORCED_MS;
    if (state.state.startsWith('forced-') && isLong) this.operate('auto');
  }

  #member(who: number): Member {
    const member = this.members[who];
    if (member === undefined) throw new Error(`There is no environment ${who}`);
    return member;
  }

  #newMember(): Member {
    const { seed, isThorough, slowCallMs } = this.#setup;
    const environment = new Environment(this.now);
    const drawn = seededRandom(seed + this.#born++);
    const random = isThorough ? { ...drawn, next: () => 0 } : drawn;
    const options = { random, slowCallMs, sabotage: this.#sabotage };
    return { environment, calls: new Calls(environment, this.network, this.history, options) };
  }
}
