import { AsyncLocalStorage } from 'node:async_hooks';
import type { CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { force, unforce } from '../../lib/breaker/transitions.ts';
import type { Clock } from '../../lib/core/clock.ts';
import { BreakerOpenError, DeadlineExceededError } from '../../lib/core/errors.ts';
import { type FakeClock, fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { outage } from '../support/outcomes.ts';
import { type Counts, type Ends, newHistory, newWitness } from './breaker-model-history.ts';
import { around, type Call, NAME, newNetwork, type Peer, type Sabotage } from './breaker-model-network.ts';

export const OPEN_MS = 12_000;
export const SANDBOXES = 3;
/** By how much a clock is off at most, to either side. */
export const MOST_SKEW_MS = 2_000;
/** What is forced is forced for so long. */
export const FORCED_MS = 40_000;
/** With everybody well all calls are let through after this time at the latest. */
const BOUND_MS = 240_000;
const ROUND_MS = 500;
const ENOUGH_ROUNDS = 6;
/** Failures one after the other that open it for sure. */
const MANY = 40;
const START = 1_750_000_000_000;

/** What stays the same in a run. */
export interface Setup {
  readonly seed: number;
  /** Whether each sandbox does all that it ever does a share of, or throws dice. */
  readonly isThorough: boolean;
  /** What the fleet knows of its rate at first. Calls a second. */
  readonly rate: number;
  /** How many items hold the verdict. */
  readonly items: number;
  readonly slowCallMs: number | undefined;
}

interface OpenCall {
  readonly end: (ends: Ends) => void;
}

interface Sandbox {
  readonly peer: Peer;
  readonly clock: FakeClock;
  readonly calls: OpenCall[];
  /** Those that wait for what comes of their calls. */
  readonly callers: AbortController[];
  readonly execute: CircuitBreaker['execute'];
  skewMs: number;
  missedMs: number;
}

/** A timer belongs to the call that has set it. */
const inContext = ({ now, monotonic, after }: Clock): Clock => ({
  now,
  monotonic,
  after(delayMs, run) {
    const within = AsyncLocalStorage.snapshot();
    return after(delayMs, () => within(run));
  },
});

const remove = <T>(from: T[], what: T): void => {
  const index = from.indexOf(what);
  if (index >= 0) from.splice(index, 1);
};

export function newWorld(setup: Setup, counts: Counts, sabotage?: Sabotage) {
  const { slowCallMs } = setup;
  const history = newHistory(OPEN_MS, counts);
  const network = newNetwork(history, sabotage);
  let elapsedMs = 0;
  let born = 0;

  const birth = (): Sandbox => {
    const clock = fakeClock(START + elapsedMs);
    let latest = 0;
    const now = () => {
      latest = Math.max(latest, clock.now());
      return clock.now();
    };
    const peer: Peer = {
      ...newWitness(),
      now,
      latest: () => Math.max(now(), latest),
      ...{ isFrozen: false, isDead: false, held: [] },
    };
    const drawn = seededRandom(setup.seed + born++);
    const random = setup.isThorough ? { ...drawn, next: () => 0 } : drawn;
    const store = network.storeOf(peer);
    const options = { name: NAME, openMs: OPEN_MS, clock: inContext({ ...clock, now }), random, store };
    const { execute } = sharedBreaker({ ...options, ...(slowCallMs && { slowCallMs }) });
    return { peer, clock, calls: [], callers: [], execute, skewMs: 0, missedMs: 0 };
  };
  const sandboxes = Array.from({ length: SANDBOXES }, birth);
  const at = (who: number): Sandbox => {
    const sandbox = sandboxes[who];
    if (!sandbox) throw new Error(`There is no sandbox ${who}`);
    return sandbox;
  };

  const check = () => {
    if (history.broken[0]) throw history.broken[0];
  };
  /** Begins a call. Gives whether it was made, in the end. */
  const begin = async (
    { peer, clock, calls, callers, execute }: Sandbox,
    remainingMs?: number,
  ): Promise<boolean> => {
    const caller = new AbortController();
    callers.push(caller);
    // Another call may hear more in the very moment in which this one is refused.
    const { told, isSure } = peer;
    let ended: Ends | undefined;
    let beganAt = Number.POSITIVE_INFINITY;
    let isMade = false;
    const isSlow = () => slowCallMs !== undefined && clock.monotonic() - beganAt >= slowCallMs;
    const call: Call = {
      ...{ epoch: undefined, claim: undefined, reports: 0 },
      comesTo: () => (ended !== 'nothing' && isSlow() ? 'failed' : ended),
    };
    const make = async () => {
      isMade = true;
      history.called(peer, clock.now(), call.claim);
      call.epoch = peer.isSure ? peer.told.epoch : undefined;
      beganAt = clock.monotonic();
      const { promise, resolve } = Promise.withResolvers<Ends>();
      const open = {
        end(ends: Ends) {
          remove(calls, open);
          ended = ends;
          if (call.claim !== undefined) history.ended(call.claim, call.comesTo() ?? ends);
          resolve(ends);
        },
      };
      calls.push(open);
      caller.signal.addEventListener('abort', () => open.end('nothing'));
      const ends = await promise;
      if (ends === 'failed') throw outage();
      if (ends === 'nothing') throw new TypeError('bug');
    };
    try {
      const options = { signal: caller.signal, ...(remainingMs !== undefined && { remainingMs }) };
      await around.run(call, () => execute(make, options));
    } catch (error) {
      const isOwn = error instanceof TypeError || (error instanceof Error && error.message === 'outage');
      const isGivenUp =
        error === caller.signal.reason ||
        (error instanceof DeadlineExceededError && remainingMs !== undefined);
      if (isGivenUp) history.count('calls given up');
      else if (error instanceof BreakerOpenError)
        history.refused({ told, isSure: isSure && peer.isSure }, clock.now());
      else if (!(isMade && isOwn)) history.say('callers see no store', String(error));
    }
    remove(callers, caller);
    return isMade;
  };
  const end = async ({ calls }: Sandbox, which: number, ends: Ends) => {
    calls[which % Math.max(1, calls.length)]?.end(ends);
    await settle();
  };
  /** @param isAnswerFirst Whether what has come over the network is seen first, or what is overdue. */
  const thaw = async (sandbox: Sandbox, isAnswerFirst = false) => {
    const { peer, clock, missedMs } = sandbox;
    if (!peer.isFrozen) return;
    peer.isFrozen = false;
    sandbox.missedMs = 0;
    const held = peer.held.splice(0);
    // Of all timers the one that has just been set for this very moment is due first.
    if (isAnswerFirst) for (const hear of held) clock.after(0, hear);
    await clock.freeze(missedMs);
    if (isAnswerFirst) return;
    for (const hear of held) {
      hear();
      await settle();
    }
  };
  const pass = async (ms: number) => {
    elapsedMs += ms;
    for (const sandbox of sandboxes) {
      if (sandbox.peer.isFrozen) sandbox.missedMs += ms;
      else await sandbox.clock.advance(ms);
    }
  };

  /** Calls one after the other, with a network that is quick. Gives how many were let through. */
  const callsOf = async (sandbox: Sandbox, count: number, ends: Ends) => {
    let made = 0;
    for (let n = 0; n < count && !sandbox.peer.isFrozen; n++) {
      const before = sandbox.calls.length;
      void begin(sandbox);
      await settle();
      await network.drain(settle);
      if (sandbox.calls.length > before) {
        made++;
        await end(sandbox, before, ends);
      }
      await network.drain(settle);
    }
    return made;
  };

  return {
    check,
    begins: () => network.begins(setup),
    /** All know that it is open, and so many probes have succeeded: the next one may be made. */
    async opens(probes: number) {
      await callsOf(at(0), MANY, 'failed');
      await pass(1_000);
      for (const sandbox of sandboxes) await callsOf(sandbox, 1, 'failed');
      await pass(OPEN_MS + 1_200);
      // Of those that may probe not each tries it.
      for (let made = 0, tried = 0; made < probes && tried < MANY; tried++)
        made += await callsOf(at(0), 1, 'well');
    },
    async begin(who: number, remainingMs?: number) {
      if (at(who).peer.isFrozen) return;
      void begin(at(who), remainingMs);
      await settle();
    },
    async abort(who: number, which: number) {
      const { peer, callers } = at(who);
      if (!peer.isFrozen) callers[which % Math.max(1, callers.length)]?.abort();
      await settle();
    },
    /** A sandbox's clock is set. */
    skew(who: number, ms: number) {
      const sandbox = at(who);
      // So that what it has shown is known.
      sandbox.peer.now();
      sandbox.clock.jump(ms - sandbox.skewMs);
      sandbox.skewMs = ms;
    },
    async end(who: number, which: number, ends: Ends) {
      if (!at(who).peer.isFrozen) await end(at(who), which, ends);
    },
    calls: (who: number, count: number, ends: Ends) => callsOf(at(who), count, ends),
    pass,
    freeze(who: number) {
      at(who).peer.isFrozen = true;
    },
    thaw: (who: number, isAnswerFirst: boolean) => thaw(at(who), isAnswerFirst),
    restart(who: number) {
      at(who).peer.isDead = true;
      sandboxes[who] = birth();
    },
    async request(
      which: number,
      fate: 'arrives' | 'is applied' | 'is lost' | 'is unanswered' | 'is doubled',
    ) {
      const request = network.pick(which);
      if (!request) return;
      if (fate === 'is doubled') request.double();
      if (fate !== 'is lost') await request.apply();
      if (fate === 'arrives') request.answer();
      else if (fate === 'is lost' || fate === 'is unanswered') request.lose();
      await settle();
    },
    async remove() {
      await network.remove();
      // Nobody can make another one in the same moment.
      await pass(1);
    },
    byHand: (state: 'open' | 'closed' | 'auto') =>
      network.byHand((before) => {
        const now = START + elapsedMs;
        return state === 'auto'
          ? unforce(before, now)
          : force(before, now, { state, forMs: FORCED_MS, by: 'ada' });
      }),
    /** All are well from here on, and everybody is let through before long. */
    async recovers() {
      network.heal();
      await network.drain(settle);
      for (const sandbox of sandboxes) await thaw(sandbox);
      await network.drain(settle);
      let rounds = 0;
      for (let spentMs = 0; rounds < ENOUGH_ROUNDS; spentMs += ROUND_MS) {
        if (spentMs > BOUND_MS) {
          history.say('never stuck', JSON.stringify(sandboxes.map(({ peer }) => peer.told)));
          break;
        }
        const made = sandboxes.map((sandbox) => {
          return { sandbox, through: begin(sandbox) };
        });
        await settle();
        for (const { sandbox } of made)
          while (sandbox.calls.length > 0) await end(sandbox, sandbox.calls.length - 1, 'well');
        const through = await Promise.all(made.map((one) => one.through));
        rounds = through.every(Boolean) ? rounds + 1 : 0;
        await pass(ROUND_MS);
        check();
      }
      await network.checkSums();
      check();
    },
  };
}
export type World = ReturnType<typeof newWorld>;
