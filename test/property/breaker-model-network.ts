import type { BreakerStore } from '../../lib/breaker/options.ts';
import type { Transition } from '../../lib/breaker/transitions.ts';
import { INITIAL, readVerdict, type Verdict, verdictKey, writeVerdict } from '../../lib/breaker/verdict.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { Item, WriteResult } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import type { History, Witness } from './breaker-model-history.ts';

export const NAME = 'posts';
export const KEY = verdictKey(NAME);

/** What a sandbox of the model is to the network. */
export interface Peer extends Witness {
  readonly now: () => number;
  isFrozen: boolean;
  isDead: boolean;
  /** Answers that wait for the thaw. */
  readonly held: (() => void)[];
  readonly adds: { readonly epoch: number; readonly amounts: Readonly<Record<string, number>> }[];
}

interface Request {
  apply(): Promise<void>;
  answer(): void;
  lose(): void;
}

/** What is done to the requests of a broken variant on their way to the store. */
export type Sabotage = (store: BreakerStore) => BreakerStore;

const verdictOf = (item: Item | undefined): Verdict => (item && readVerdict(item)) ?? INITIAL;

/** One store and the way to it: what is asked waits until somebody lets it be applied, answered or lost. */
export function newNetwork(history: History, sabotage: Sabotage = (store) => store) {
  const disk = memoryStore();
  const waiting: Request[] = [];
  const sums = new Map<string, Map<string, number>>();
  let isHealthy = false;

  const remove = (request: Request) => {
    const index = waiting.indexOf(request);
    if (index >= 0) waiting.splice(index, 1);
  };

  const put = async (
    who: Peer | undefined,
    at: number,
    ...[key, item, options]: Parameters<BreakerStore['put']>
  ) => {
    const before = verdictOf(await disk.get(key));
    const result = await disk.put(key, item, options);
    if (result.applied && key === KEY) history.written(who, at, before, verdictOf(item));
    return result;
  };
  const add: BreakerStore['add'] = async (key, amounts, options) => {
    const sum = sums.get(key) ?? new Map<string, number>();
    for (const [name, amount] of Object.entries(amounts)) sum.set(name, (sum.get(name) ?? 0) + amount);
    sums.set(key, sum);
    return disk.add(key, amounts, options);
  };

  const send = <R>(
    peer: Peer,
    signal: AbortSignal | undefined,
    run: () => Promise<R>,
    hear: (answer: R) => void,
  ) => {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const deliver = (now: () => void) => {
      remove(request);
      if (peer.isDead) return;
      if (peer.isFrozen) peer.held.push(now);
      else now();
    };
    let applied: Promise<R> | undefined;
    let answer: { readonly value: R } | undefined;
    const request: Request = {
      async apply() {
        applied ??= run();
        answer = { value: await applied };
      },
      answer: () =>
        deliver(() => {
          if (answer === undefined) return;
          // Who has given up hears nothing of it.
          if (!signal?.aborted) {
            peer.troubles = 0;
            hear(answer.value);
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

  const hears = (peer: Peer, verdict: Verdict) => {
    if (verdict.version >= peer.told.version) peer.told = verdict;
  };

  return {
    /** A person changes the verdict, and waits for it. */
    async byHand(change: (before: Verdict) => Transition): Promise<void> {
      const { next, when } = change(verdictOf(await disk.get(KEY)));
      await put(undefined, 0, KEY, writeVerdict(next), { when });
    },
    storeOf(peer: Peer): BreakerStore {
      const nothing = () => undefined;
      return sabotage({
        ...disk,
        get: (key, { signal } = {}) =>
          send(
            peer,
            signal,
            () => disk.get(key),
            (item) => (key === KEY ? hears(peer, verdictOf(item)) : undefined),
          ),
        put(key, item, options) {
          const at = peer.now();
          const hear = (result: WriteResult) => {
            if (key !== KEY) return;
            const verdict = verdictOf(result.applied ? item : result.current);
            hears(peer, verdict);
            if (result.applied && verdict.isProbing) peer.claim = verdict.version;
          };
          return send(peer, options?.signal, () => put(peer, at, key, item, options), hear);
        },
        add(key, amounts, options) {
          peer.adds.push({ epoch: Number(key.split('#').at(-2)), amounts });
          return send(peer, options.signal, () => add(key, amounts, options), nothing);
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
          if (item?.[name] !== amount) history.say('evidence is what was reported', `${key} ${name}`);
      }
    },
  };
}
