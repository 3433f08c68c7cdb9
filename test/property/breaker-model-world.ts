import { fleetBreaker } from '../../lib/breaker/fleet.ts';
import { force, unforce } from '../../lib/breaker/transitions.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { type FakeClock, fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { outage } from '../support/outcomes.ts';
import { type Counts, type Ends, newHistory, newWitness } from './breaker-model-history.ts';
import { NAME, newNetwork, type Peer, type Sabotage } from './breaker-model-network.ts';

export const OPEN_MS = 12_000;
export const SANDBOXES = 3;
/** What is forced is forced for so long. */
export const FORCED_MS = 40_000;
/** With everybody well all calls are let through after this time at the latest. */
const BOUND_MS = 240_000;
const ROUND_MS = 500;
const ENOUGH_ROUNDS = 6;
/** Failures one after the other that open it for sure. */
const MANY = 40;
const START = 1_750_000_000_000;

interface OpenCall {
  readonly epoch: number;
  readonly claim: number | undefined;
  readonly end: (ends: Ends) => void;
}

interface Sandbox {
  readonly peer: Peer;
  readonly clock: FakeClock;
  readonly calls: OpenCall[];
  readonly execute: ReturnType<typeof fleetBreaker>['execute'];
  missedMs: number;
}

export function newWorld(seed: number, counts: Counts, sabotage?: Sabotage) {
  const history = newHistory(OPEN_MS, counts);
  const network = newNetwork(history, sabotage);
  let elapsedMs = 0;
  let born = 0;

  const birth = (): Sandbox => {
    const clock = fakeClock(START + elapsedMs);
    const peer: Peer = {
      ...{ ...newWitness(), now: clock.now, isFrozen: false, isDead: false, held: [], adds: [] },
    };
    const random = seededRandom(seed + born++);
    const store = network.storeOf(peer);
    const { execute } = fleetBreaker({ name: NAME, openMs: OPEN_MS, clock, random, store }, store);
    return { peer, clock, calls: [], execute, missedMs: 0 };
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
  /** What a caller gets: its own value or error, or a refusal. */
  const heard = (outcome: Promise<unknown>): Promise<boolean> =>
    outcome.then(
      () => true,
      (error: unknown) => {
        const isOwn = error instanceof TypeError || (error instanceof Error && error.message === 'outage');
        if (!(isOwn || error instanceof BreakerOpenError)) history.say('callers see no store', String(error));
        return isOwn;
      },
    );
  const begin = ({ peer, clock, calls, execute }: Sandbox) => {
    const call = async () => {
      const claim = history.called(peer, clock.now());
      const { promise, resolve } = Promise.withResolvers<Ends>();
      calls.push({ epoch: peer.told.epoch, claim, end: resolve });
      const ends = await promise;
      if (ends === 'failed') throw outage();
      if (ends === 'nothing') throw new TypeError('bug');
    };
    return heard(execute(call));
  };
  /** What a call has come to is told once, as what it was, and under the epoch in which it was begun. */
  const end = async ({ peer, calls }: Sandbox, which: number, ends: Ends) => {
    const [call] = calls.splice(which % Math.max(1, calls.length), 1);
    if (!call) return;
    if (call.claim !== undefined) history.ended(call.claim, ends);
    const before = peer.adds.length;
    call.end(ends);
    await settle();
    const [added, ...more] = peer.adds.slice(before);
    const kind = ends === 'failed' ? 'f' : 's';
    const isRight =
      added === undefined ||
      (ends !== 'nothing' &&
        added.epoch === call.epoch &&
        Object.keys(added.amounts).some((name) => name.startsWith(kind)));
    if (!isRight || more.length > 0)
      history.say(
        'evidence is what was reported',
        `${ends} in ${call.epoch}: ${JSON.stringify([added, more])}`,
      );
  };
  const thaw = async (sandbox: Sandbox) => {
    const { peer, clock, missedMs } = sandbox;
    if (!peer.isFrozen) return;
    await clock.freeze(missedMs);
    peer.isFrozen = false;
    sandbox.missedMs = 0;
    for (const hear of peer.held.splice(0)) {
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
    /** All know that it is open, and so many probes have succeeded: the next one may be made. */
    async opens(probes: number) {
      await callsOf(at(0), MANY, 'failed');
      await pass(1_000);
      for (const sandbox of sandboxes) await callsOf(sandbox, 1, 'failed');
      await pass(1.1 * OPEN_MS);
      // Of those that may probe not each tries it.
      for (let made = 0, tried = 0; made < probes && tried < MANY; tried++)
        made += await callsOf(at(0), 1, 'well');
    },
    async begin(who: number) {
      if (at(who).peer.isFrozen) return;
      void begin(at(who));
      await settle();
    },
    async end(who: number, which: number, ends: Ends) {
      if (!at(who).peer.isFrozen) await end(at(who), which, ends);
    },
    calls: (who: number, count: number, ends: Ends) => callsOf(at(who), count, ends),
    pass,
    freeze(who: number) {
      at(who).peer.isFrozen = true;
    },
    thaw: (who: number) => thaw(at(who)),
    restart(who: number) {
      at(who).peer.isDead = true;
      sandboxes[who] = birth();
    },
    async request(which: number, fate: 'arrives' | 'is applied' | 'is lost' | 'is unanswered') {
      const request = network.pick(which);
      if (!request) return;
      if (fate !== 'is lost') await request.apply();
      if (fate === 'arrives') request.answer();
      else if (fate !== 'is applied') request.lose();
      await settle();
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
          const through = begin(sandbox);
          return { sandbox, through };
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
