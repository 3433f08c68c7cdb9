import fc, { type Scheduler } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type { Store, WriteResult } from '../../lib/core/store.ts';
import { idempotencyGuard, type Run } from '../../lib/idempotency/guard.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, settle } from '../support/fake-clock.ts';
import { seededRandom } from '../support/random.ts';

const OWNERS = 3;
/** How long an invocation may run before Lambda kills it. */
const REMAINING_MS = 3_000;
const RETENTION_SECONDS = 30;
/** Clocks of sandboxes differ, by less than the margin that the lease has for it. */
const SKEWS_MS = [0, 2_000, -2_000];

interface Request {
  readonly user: string;
}
interface Completion {
  readonly payload: string;
  readonly result: string;
  /** Until when it must be replayed, by the clock of the one that completed. */
  readonly keptUntil: number;
}

/** How the network treats a write: it arrives, its answer is lost, or a client repeats it until it is answered. */
type Fate = 'arrives' | 'answer-lost' | 'repeated' | 'lost';

type Step =
  | {
      readonly do: 'begin';
      readonly who: number;
      readonly payload: string;
      readonly overruns: boolean;
      readonly fate: Fate;
    }
  | { readonly do: 'complete'; readonly who: number; readonly fate: Fate }
  | { readonly do: 'fail'; readonly who: number; readonly fate: Fate }
  | { readonly do: 'crash'; readonly who: number }
  | { readonly do: 'travel'; readonly times: number }
  | { readonly do: 'wait'; readonly ms: number };

function networkedStore(scheduler: Scheduler) {
  const inner = memoryStore();
  const network = { fate: 'arrives' as Fate };
  const send = async (what: string, write: () => Promise<WriteResult>): Promise<WriteResult> => {
    const { fate } = network;
    await scheduler.schedule(Promise.resolve(), what);
    if (fate === 'lost') throw new StoreError('the request was lost');
    const first = await write();
    await scheduler.schedule(Promise.resolve(), `${what}: answer`);
    if (fate === 'answer-lost') throw new StoreError('the answer was lost');
    return fate === 'repeated' ? write() : first;
  };
  const store: Store = {
    name: 'networked',
    get: inner.get,
    put: (...args) => send('put', () => inner.put(...args)),
    delete: (...args) => send('delete', () => inner.delete(...args)),
  };
  return { store, network };
}

/** What has happened, as seen from outside, and what must never happen. */
function history() {
  let completed: Completion | undefined;
  const submitted: Completion[] = [];
  const running = new Set<string>();
  /** The latest run, until it has been released or its result need not be kept any more. */
  let latest: { readonly owner: string; readonly payload: string; keptUntil: number } | undefined;
  const seen = { acknowledged: 0, replays: 0, runs: 0, runsAfterCrash: 0, unknown: 0, refused: 0 };
  let crashed = false;
  return {
    seen,
    runs(owner: string, payload: string, now: number, keptUntil: number) {
      // The effect of a completed run never happens again while its result is kept.
      if (completed) expect(now).toBeGreaterThan(completed.keptUntil);
      // Nor does it happen beside one that is under way.
      expect([...running]).toEqual([]);
      // Nor for another request, as long as nobody knows what became of the first one with this key.
      if (latest && now <= latest.keptUntil) expect(payload).toBe(latest.payload);
      latest = { owner, payload, keptUntil };
      running.add(owner);
      seen.runs++;
      if (crashed) seen.runsAfterCrash++;
      crashed = false;
    },
    /** Its time is over: it may still do something, but nobody waits for it. */
    overdue: (owner: string) => running.delete(owner),
    releases(owner: string) {
      running.delete(owner);
      if (latest?.owner === owner) latest = undefined;
    },
    crashes(owner: string) {
      if (running.delete(owner)) crashed = true;
    },
    submits(owner: string, completion: Completion) {
      submitted.push(completion);
      if (latest?.owner === owner) latest.keptUntil = completion.keptUntil;
    },
    acknowledged(owner: string, completion: Completion) {
      running.delete(owner);
      // Whom another one has taken over from is told so, and never that all is well.
      expect(latest?.owner).toBe(owner);
      completed = completion;
      seen.acknowledged++;
    },
    replays(payload: string, result: string, now: number) {
      expect(submitted.filter((one) => one.payload === payload).map((one) => one.result)).toContain(result);
      if (completed && now <= completed.keptUntil) expect(result).toBe(completed.result);
      seen.replays++;
    },
  };
}

/** A request that a sandbox works on. */
interface Invocation {
  readonly payload: string;
  run?: Run;
  /** Waits for the store. */
  busy: boolean;
}

type History = ReturnType<typeof history>;

function sandbox(who: number, store: Store, shared: FakeClock, past: History) {
  const skewMs = SKEWS_MS[who] ?? 0;
  const now = () => shared.now() + skewMs;
  const guard = idempotencyGuard<Request & { readonly payload: string }>({
    store,
    operation: 'order',
    key: ({ user }) => user,
    payload: ({ payload }) => payload,
    retentionSeconds: RETENTION_SECONDS,
    clock: { ...shared, now },
    random: seededRandom(who + 1),
  });
  /** A killed invocation never hears of what it has asked for. */
  let alive: Invocation | undefined;
  let results = 0;

  const kill = (invocation: Invocation | undefined) => {
    if (alive === undefined || alive !== invocation) return;
    if (alive.run) past.crashes(alive.run.record.owner);
    alive = undefined;
  };
  /** Runs one step of an invocation; its errors end the invocation, as they would the request. */
  const step = async (invocation: Invocation, work: () => Promise<void>) => {
    invocation.busy = true;
    try {
      await work();
    } catch (error) {
      if (alive !== invocation) return;
      // Whatever an error of the protocol means, the caller has got one.
      past.seen[error instanceof StoreError ? 'unknown' : 'refused']++;
      if (invocation.run) past.crashes(invocation.run.record.owner);
      alive = undefined;
      if (!(error instanceof Error && 'code' in error)) throw error;
    } finally {
      invocation.busy = false;
    }
  };

  return {
    async begin(payload: string, overruns: boolean) {
      if (alive) return;
      const invocation: Invocation = { payload, busy: true };
      alive = invocation;
      shared.after(REMAINING_MS, () => {
        if (overruns && invocation.run) past.overdue(invocation.run.record.owner);
        else kill(invocation);
      });
      await step(invocation, async () => {
        const begun = await guard.begin(
          { user: 'anna', payload },
          { getRemainingTimeInMillis: () => REMAINING_MS },
        );
        if (alive !== invocation) return;
        if (begun.kind === 'run') {
          past.runs(begun.record.owner, payload, now(), begun.record.expiresAt * 1_000);
          invocation.run = begun;
        } else {
          past.replays(payload, String(begun.kind === 'replay' ? begun.result : begun.kind), now());
          alive = undefined;
        }
      });
    },
    async complete() {
      const invocation = alive;
      const run = invocation?.run;
      if (!invocation || !run || invocation.busy) return;
      const { payload } = invocation;
      const keptUntil = now() + RETENTION_SECONDS * 1_000;
      const completion = { payload, result: `${payload} ${who} ${++results}`, keptUntil };
      const { owner } = run.record;
      past.submits(owner, completion);
      await step(invocation, async () => {
        await guard.complete(run, completion.result);
        if (alive !== invocation) return;
        past.acknowledged(owner, completion);
        alive = undefined;
      });
    },
    async fail() {
      const invocation = alive;
      const run = invocation?.run;
      if (!invocation || !run || invocation.busy) return;
      // From here on it does nothing any more, so that another one may.
      past.releases(run.record.owner);
      await step(invocation, () => guard.release(run));
      if (alive === invocation) alive = undefined;
    },
    crash: () => kill(alive),
  };
}

const who = fc.nat(OWNERS - 1);
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('arrives') },
  fc.constantFrom('answer-lost', 'repeated', 'lost'),
);
const payload = fc.oneof({ weight: 4, arbitrary: fc.constant('tea') }, fc.constant('coffee'));
/** Not every host kills what has had its time. */
const overruns = fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, fc.constant(true));
const waits = fc.constantFrom(100, 1_000, 4_500, 9_000, 16_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('begin'), who, payload, overruns, fate }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('complete'), who, fate }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail'), who, fate }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash'), who }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('travel'), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: waits }) },
);

describe('the idempotency protocol', () => {
  test('never repeats an acknowledged effect nor mixes up results, whatever the interleaving', async () => {
    const total: Record<string, number> = {};
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 40, maxLength: 100, size: 'max' }),
      async (scheduler, steps) => {
        const clock = fakeClock();
        const { store, network } = networkedStore(scheduler);
        const past = history();
        const owners = Array.from({ length: OWNERS }, (_, at) => sandbox(at, store, clock, past));
        const wrong: unknown[] = [];
        const start = (work: Promise<void> | undefined) => {
          work?.catch((error: unknown) => wrong.push(error));
        };
        const travel = async (times: number) => {
          for (let time = 0; time < times && scheduler.count() > 0; time++) await scheduler.waitNext(1);
        };

        for (const next of steps) {
          if ('fate' in next) network.fate = next.fate;
          switch (next.do) {
            case 'begin':
              start(owners[next.who]?.begin(next.payload, next.overruns));
              break;
            case 'complete':
              start(owners[next.who]?.complete());
              break;
            case 'fail':
              start(owners[next.who]?.fail());
              break;
            case 'crash':
              owners[next.who]?.crash();
              break;
            case 'wait':
              await clock.advance(next.ms);
              break;
            case 'travel':
              await travel(next.times);
          }
          await settle();
          expect(wrong).toEqual([]);
        }

        for (const [name, times] of Object.entries(past.seen)) total[name] = (total[name] ?? 0) + times;
      },
    );
    await fc.assert(property, { seed: 51, numRuns: 200 });
    // The runs got as far as what the property is about.
    expect(Math.min(...Object.values(total))).toBeGreaterThan(20);
  });
});
