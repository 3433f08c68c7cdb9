import { readState, type StoredState, stateKey, writeState } from '../../../lib/breaker/state.ts';
import type { RequestKind } from '../../../lib/breaker/store-access.ts';
import type { Transition } from '../../../lib/breaker/transitions.ts';
import type { AddOptions, CountingStore, Item, ReadOptions, WriteOptions } from '../../../lib/core/store.ts';
import { MemoryTable } from '../../../lib/store/memory-table.ts';
import { settle } from '../../../lib/testing/index.ts';
import { currentCall } from './call.ts';
import type { Ask } from './claims.ts';
import type { Environment } from './environment.ts';
import type { History } from './history.ts';
import type { Seen } from './knowledge.ts';
import { Request, type RequestPlan, type Served } from './request.ts';

export const NAME = 'posts';
export const KEY: string = stateKey(NAME);

/** What becomes of a request that waits. */
export type Fate =
  | 'arrives'
  | 'is applied'
  | 'is lost'
  | 'is unanswered'
  | 'is doubled'
  | 'is denied'
  | 'is stale';

type Amounts = Readonly<Record<string, number>>;

function askOf({ knowledge, moment, trueAt }: Environment): Ask {
  const call = currentCall.getStore();
  const { state, isSure } = knowledge;
  const known = { version: state.version, leftMs: knowledge.leftMs(moment), isSure };
  return { call, outcome: call?.outcome, moment, trueAt, known };
}

/** One store and the way to it: what is asked waits until the schedule has it applied, answered or lost. */
export class Network {
  readonly #history: History;
  readonly #table = new MemoryTable('model');
  readonly #waiting: Request[] = [];
  /** How much has happened to the state item, and what it was before the last of that. */
  #order = 0;
  #before: Item | undefined;
  #isHealthy = false;
  /** Requests of this kind are denied. */
  denied: RequestKind | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  get item(): Item | undefined {
    return this.#table.get(KEY);
  }

  itemOf(key: string): Item {
    return this.#table.get(key) ?? {};
  }

  storeOf(environment: Environment): CountingStore {
    return {
      name: 'model',
      get: (key, options = {}) => this.#get(environment, key, options),
      put: (key, item, options = {}) => this.#put(environment, key, item, options),
      add: (key, amounts, options) => this.#add(environment, key, amounts, options),
      delete: () => Promise.reject(new Error('A breaker deletes nothing')),
    };
  }

  /** Something other than an environment changes the state item. */
  plant(item: Item | undefined): void {
    this.#changed(this.item);
    if (item) this.#table.set(KEY, item);
    else this.#table.delete(KEY, undefined);
  }

  plantCounts(key: string, item: Item): void {
    this.#history.reports.tampered(key);
    this.#table.set(key, item);
  }

  /** An operator changes the state. */
  operate(change: (before: StoredState) => Transition): void {
    const { state } = readState(NAME, this.item);
    if (state === undefined) return;
    this.plant(writeState(change(state).next));
    this.#history.operated();
  }

  async meets(which: number, fate: Fate): Promise<void> {
    const request = this.#waiting[which % Math.max(1, this.#waiting.length)];
    if (request === undefined) return;
    if (fate === 'is doubled') await request.repeat();
    if (fate === 'is denied') this.#history.count('denied requests');
    if (!['is lost', 'is denied'].includes(fate)) await request.apply(fate === 'is stale');
    if (fate === 'is applied' || fate === 'is doubled') return;
    this.#remove(request);
    if (fate === 'is denied') request.deny();
    else if (fate === 'arrives' || fate === 'is stale') await request.answer();
    else request.lose();
    await settle();
  }

  /** All that waits arrives, and what that leads to. */
  async drain(): Promise<void> {
    for (let request = this.#waiting[0]; request; request = this.#waiting[0]) {
      this.#remove(request);
      await this.#arrive(request);
      await settle();
    }
  }

  async #arrive(request: Request): Promise<void> {
    if (request.kind === this.denied) {
      this.#history.count('denied requests');
      request.deny();
      return;
    }
    await request.apply();
    await request.answer();
  }

  /** From here on every request arrives at once. */
  async heal(): Promise<void> {
    this.denied = undefined;
    this.#isHealthy = true;
    await this.drain();
  }

  checkSums(): void {
    this.#history.reports.checkSums((key) => this.itemOf(key));
  }

  #changed(before: Item | undefined): void {
    this.#order++;
    this.#before = before;
  }

  #latest<R>(value: R): Served<R> {
    return { value, order: this.#order };
  }

  #remove(request: Request): void {
    const index = this.#waiting.indexOf(request);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #get(environment: Environment, key: string, { signal, isEventual = false }: ReadOptions) {
    const serve = (isStale: boolean): Served<Item | undefined> => {
      if (!isStale || !isEventual) return this.#latest(this.#table.get(key));
      this.#history.count('stale reads');
      return { value: this.#before, order: this.#order - 1 };
    };
    const seen = (item: Item | undefined) => ({ item, isEventual });
    return this.#send(environment, 'get', signal, serve, key === KEY ? seen : undefined);
  }

  #put(environment: Environment, key: string, item: Item, { signal, when }: WriteOptions) {
    const ask = askOf(environment);
    this.#history.asked(environment.knowledge, ask, item);
    const serve = () => {
      const before = this.item;
      const result = this.#table.put(key, item, when);
      if (result.applied) this.#changed(before);
      const claim = result.applied ? this.#history.written(ask, before, item) : undefined;
      return this.#latest({ result, claim });
    };
    return this.#send(environment, 'put', signal, serve, ({ result, claim }) => {
      if (ask.call && claim) ask.call.claim = claim;
      return { item: result.applied ? item : result.current, isEventual: false };
    }).then(({ result }) => result);
  }

  #add(environment: Environment, key: string, amounts: Amounts, options: AddOptions): Promise<Item> {
    const { reports } = this.#history;
    const { remove = [] } = options;
    reports.asked(askOf(environment), key, amounts, remove);
    const serve = () => {
      const item = this.#table.add(key, amounts, options);
      reports.added(key, amounts, remove);
      this.#history.count(remove.length > 0 ? 'removals of counts' : 'reports');
      return this.#latest(item);
    };
    return this.#send(environment, 'add', options.signal, serve);
  }

  /** @param seen What an answer shows of the state, where it is about that. */
  #send<R>(
    environment: Environment,
    kind: RequestKind,
    signal: AbortSignal | undefined,
    serve: (isStale: boolean) => Served<R>,
    seen?: (answer: R) => Omit<Seen, 'order' | 'asked'>,
  ): Promise<R> {
    const { knowledge } = environment;
    const asked = knowledge.answers;
    const noted = (note: () => void) => {
      if (seen) environment.isAnswered();
      note();
      environment.noteWhatCallsMay();
    };
    const plan: RequestPlan<R> = {
      kind,
      signal,
      deliver: (notice) => environment.deliver(notice),
      serve: async (isStale) => serve(isStale),
      failed: (isDenied) => noted(() => knowledge.failed(kind, isDenied)),
      heard: ({ value, order }) =>
        noted(() => {
          knowledge.succeeded(kind);
          if (seen) knowledge.learn({ ...seen(value), order, asked }, environment.moment);
        }),
    };
    const request = new Request(plan);
    if (seen) environment.asks();
    if (this.#isHealthy) void this.#arrive(request as Request);
    else this.#waiting.push(request as Request);
    return request.promise;
  }
}
