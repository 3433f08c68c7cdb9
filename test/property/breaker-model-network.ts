import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transition } from '../../lib/breaker/transitions.ts';
import {
  copyKey,
  INITIAL,
  readVerdict,
  type Verdict,
  verdictKey,
  writeVerdict,
} from '../../lib/breaker/verdict.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { CountingStore, Item, WriteResult } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import type { Ends, History, Witness } from './breaker-model-history.ts';

export const NAME = 'posts';
export const KEY = verdictKey(NAME);
/** One copy is enough to be older than what it is of. */
export const ITEMS = 2;
const COPY = copyKey(NAME, 1);
const isVerdict = (key: string) => key === KEY || key === COPY;

/** A call, from when its caller asks for it. */
export interface Call {
  /** That of the verdict under which it is made; undefined where the model cannot know it. */
  epoch: number | undefined;
  /** The version of the claim under which it is made. */
  claim: number | undefined;
  /** What it has come to by now: a slow one has failed before it ends. */
  readonly comesTo: () => Ends | undefined;
  reports: number;
}

/** The call for which something is asked of the store. */
export const around = new AsyncLocalStorage<Call>();

/** What a sandbox of the model is to the network. */
export interface Peer extends Witness {
  readonly now: () => number;
  readonly latest: () => number;
  isFrozen: boolean;
  isDead: boolean;
  /** Answers that wait for the thaw. */
  readonly held: (() => void)[];
}

interface Request {
  apply(): Promise<void>;
  /** A copy of it comes too, some time. */
  double(): void;
  answer(): void;
  lose(): void;
}

/** What is done to the requests of a broken variant on their way to the store. */
export type Sabotage = (store: CountingStore) => CountingStore;

const epochOf = (key: string) => Number(key.split('#').at(-2));
const verdictOf = (item: Item | undefined): Verdict => (item && readVerdict(item)) ?? INITIAL;

/** One store and the way to it: what is asked waits until somebody lets it be applied, answered or lost. */
export function newNetwork(history: History, sabotage: Sabotage = (store) => store) {
  const disk = memoryStore();
  const waiting: Request[] = [];
  const sums = new Map<string, Map<string, number>>();
  const peers: Peer[] = [];
  let isHealthy = false;
  /** Grows when somebody removes the item. */
  let life = 0;

  const remove = (request: Request) => {
    const index = waiting.indexOf(request);
    if (index >= 0) waiting.splice(index, 1);
  };

  const put = async (
    who: Peer | undefined,
    at: { readonly now: number; readonly latest: number },
    ...[key, item, options]: Parameters<CountingStore['put']>
  ) => {
    const before = verdictOf(await disk.get(key));
    const result = await disk.put(key, item, options);
    if (result.applied && key === KEY) history.written(who, at, before, verdictOf(item));
    return result;
  };
  const add: CountingStore['add'] = async (key, amounts, options) => {
    const sum = sums.get(key) ?? new Map<string, number>();
    for (const [name, amount] of Object.entries(amounts)) sum.set(name, (sum.get(name) ?? 0) + amount);
    sums.set(key, sum);
    history.reported(epochOf(key), amounts);
    return disk.add(key, amounts, options);
  };

  const send = <R>(
    peer: Peer,
    signal: AbortSignal | undefined,
    run: () => Promise<R>,
    hear: (answer: R, ofLife: number) => void,
  ) => {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const deliver = (now: () => void) => {
      remove(request);
      if (peer.isDead) return;
      if (peer.isFrozen) peer.held.push(now);
      else now();
    };
    let applied: Promise<R> | undefined;
    let answer: { readonly value: R; readonly life: number } | undefined;
    const request: Request = {
      async apply() {
        const appliedIn = life;
        applied ??= run();
        answer ??= { value: await applied, life: appliedIn };
      },
      double() {
        const echo: Request = {
          ...request,
          async apply() {
            remove(echo);
            await run();
          },
          answer: () => undefined,
          double: () => undefined,
          lose: () => remove(echo),
        };
        waiting.push(echo);
      },
      answer: () =>
        deliver(() => {
          if (answer === undefined) return;
          // Who has given up hears nothing of it.
          if (!signal?.aborted) {
            peer.troubles = 0;
            hear(answer.value, answer.life);
          }
          resolve(answer.value);
        }),
      lose: () =>
        deliver(() => {
          peer.troubles++;
          reject(new StoreError('lost'));
        }),
    };
    signal?.addEventListener('abort', () => peer.troubles++);
    waiting.push(request);
    if (isHealthy) void request.apply().then(request.answer);
    return promise;
  };

  const hears = (peer: Peer, verdict: Verdict, ofLife: number) => {
    if (verdict.version >= peer.told.version) {
      peer.told = verdict;
      peer.isSure = ofLife === life;
    } else if (life > 0) peer.isSure = false;
  };

  /** What a call says of itself is told once, as what it came to, and under the epoch in which it was made. */
  const checkReport = (key: string, amounts: Readonly<Record<string, number>>) => {
    const call = around.getStore();
    const said = Object.keys(amounts).some((name) => name.startsWith('f')) ? 'failed' : 'well';
    const isRight =
      call !== undefined &&
      call.reports++ === 0 &&
      call.comesTo() === said &&
      (call.epoch === undefined || call.epoch === epochOf(key));
    if (!isRight)
      history.say('the counts are what was reported', `${said} under ${key} of ${JSON.stringify(call)}`);
  };

  return {
    /** A person changes the verdict, and waits for it. */
    async byHand(change: (before: Verdict) => Transition): Promise<void> {
      const { next, when } = change(verdictOf(await disk.get(KEY)));
      await put(undefined, { now: 0, latest: 0 }, KEY, writeVerdict(next), { when });
    },
    /** Begins with a verdict. */
    async begins(change: Partial<Verdict>): Promise<void> {
      const { rate = 0, items = 1 } = change;
      await disk.put(KEY, writeVerdict({ ...INITIAL, version: 1, rate, items }));
    },
    async remove(): Promise<void> {
      life++;
      history.removed();
      for (const peer of peers) peer.isSure = false;
      await disk.delete(KEY);
      await disk.delete(COPY);
    },
    storeOf(peer: Peer): CountingStore {
      peers.push(peer);
      return sabotage({
        ...disk,
        get: (key, { signal } = {}) =>
          send(
            peer,
            signal,
            () => disk.get(key),
            (item, ofLife) => (isVerdict(key) ? hears(peer, verdictOf(item), ofLife) : undefined),
          ),
        put(key, item, options) {
          const at = { now: peer.now(), latest: peer.latest() };
          const call = around.getStore();
          const hear = (result: WriteResult, ofLife: number) => {
            if (key !== KEY) return;
            const verdict = verdictOf(result.applied ? item : result.current);
            hears(peer, verdict, ofLife);
            if (call && result.applied && verdict.isProbing) call.claim = verdict.version;
          };
          return send(peer, options?.signal, () => put(peer, at, key, item, options), hear);
        },
        add(key, amounts, options) {
          checkReport(key, amounts);
          return send(
            peer,
            options.signal,
            () => add(key, amounts, options),
            () => undefined,
          );
        },
      });
    },
    pick: (which: number): Request | undefined => waiting[which % Math.max(1, waiting.length)],
    /** All that waits arrives, and what that leads to. */
    async drain(settle: () => Promise<void>): Promise<void> {
      for (let request = waiting[0]; request; request = waiting[0]) {
        await request.apply();
        request.answer();
        await settle();
      }
    },
    heal() {
      isHealthy = true;
    },
    /** What was added, beside what the store says. */
    async checkSums(): Promise<void> {
      for (const [key, sum] of sums) {
        const item = await disk.get(key);
        for (const [name, amount] of sum)
          if (item?.[name] !== amount) history.say('the counts are what was reported', `${key} ${name}`);
      }
    },
  };
}
