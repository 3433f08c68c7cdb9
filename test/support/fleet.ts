import type { SharedBreakerOptions } from '../../lib/breaker/options.ts';
import type { SharedCircuitBreaker } from '../../lib/breaker/refresh.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { INITIAL, type StoredState, stateKey, writeState } from '../../lib/breaker/state.ts';
import type { BreakerEvent } from '../../lib/core/breaker-event.ts';
import type { Clock } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { ExecuteOptions } from '../../lib/core/execution.ts';
import { seededRandom } from '../../lib/core/seeded-random.ts';
import type { CountingStore, Item } from '../../lib/core/store.ts';
import { linked } from '../../lib/simulation/link.ts';
import { freezingSandbox, type Sandbox } from '../../lib/simulation/sandbox.ts';
import { clockIn, world } from '../../lib/simulation/world.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { failing, never, refusal } from './outcomes.ts';

export const KEY: string = stateKey('posts');
/** Failed calls in a row that open a breaker with the default options. */
export const FAILURES_TO_OPEN = 10;
/** With a chance of 0 waits are 2 % shorter: of an `openMs` of 5,000 how long it is open, and how long a claim lasts. */
export const OPEN_MS = 4_900;
export const CLAIM_MS = 6_370;

export async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n++) await work();
}

/** Puts a state into a store, as if the environments had come to it. */
export async function putState(
  store: Pick<CountingStore, 'put'>,
  change: Partial<StoredState>,
  name = 'posts',
): Promise<void> {
  await store.put(stateKey(name), writeState({ ...INITIAL, version: 1, epoch: 1, ...change }));
}

/** What a breaker asks of its store. */
export interface Request {
  readonly operation: 'get' | 'put' | 'add';
  readonly key: string;
  /** The item that is put, or what is added to one. */
  readonly item?: Item;
  readonly isEventual?: boolean;
}
/** What becomes of a request: `serve` has it done. */
export type Serve = <R>(request: Request, serve: () => Promise<R>) => Promise<R>;

const serving = (inner: CountingStore, pass: Serve): CountingStore => ({
  ...inner,
  get: (key, options) =>
    pass({ operation: 'get', key, isEventual: options?.isEventual ?? false }, () => inner.get(key, options)),
  put: (key, item, options) => pass({ operation: 'put', key, item }, () => inner.put(key, item, options)),
  add: (key, item, options) => pass({ operation: 'add', key, item }, () => inner.add(key, item, options)),
});

export type FleetOptions = Partial<Omit<SharedBreakerOptions, 'store' | 'clock' | 'random'>> & {
  /**
   * What chance gives each time. 0: everything that is done with a probability is done. `seeded`: each environment draws numbers
   * of its own. Default 0.
   */
  readonly chance?: number | 'seeded';
  /** How far the wall clock of each environment is ahead, in milliseconds. Default 0. */
  readonly skewsMs?: readonly number[];
};

/** One environment with its breaker. */
export class Environment {
  readonly breaker: SharedCircuitBreaker;
  readonly clock: Clock;
  readonly events: BreakerEvent[] = [];
  /** How far its wall clock is ahead, in milliseconds. */
  skewMs: number;
  readonly #sandbox: Sandbox;
  readonly #virtual: Fleet['virtual'];
  #frozenAt: number | undefined;
  #stoodStillMs = 0;

  constructor(fleet: Fleet, index: number, { chance: _, skewsMs, onEvent, ...options }: FleetOptions) {
    const { virtual } = fleet;
    const well = clockIn(virtual);
    this.#virtual = virtual;
    this.skewMs = skewsMs?.[index] ?? 0;
    this.#sandbox = freezingSandbox(virtual, {
      ...well,
      now: () => well.now() + this.skewMs,
      monotonic: () => virtual.now - this.#stoodStillMs,
    });
    this.#sandbox.begin(() => undefined);
    this.clock = this.#sandbox.clock;
    this.breaker = sharedBreaker({
      ...{ name: 'posts', openMs: 5_000, ...options, clock: this.clock, random: fleet.random(index) },
      store: linked(fleet.store, { sandbox: this.#sandbox, virtual }, fleet.link),
      onEvent: (event) => {
        this.events.push(event);
        return onEvent?.(event);
      },
    });
  }

  get state(): SharedCircuitBreaker['state'] {
    return this.breaker.state;
  }

  /** The changes of state that its listener got. */
  changes(origin?: 'self' | 'observed'): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === 'breaker-state' && event.origin === (origin ?? event.origin)
        ? [`${event.from} → ${event.to}`]
        : [],
    );
  }

  /** What its listener got about the store. */
  get availability(): readonly BreakerEvent[] {
    return this.events.filter(({ kind }) => kind === 'breaker-store');
  }

  /** Gives what the call ends with: its value or its error. */
  call(work: () => Promise<unknown>, options?: ExecuteOptions): Promise<unknown> {
    return this.breaker.execute(work, options).catch((error: unknown) => error);
  }
  works(): Promise<unknown> {
    return this.call(async () => 'ok');
  }
  fails(): Promise<unknown> {
    return this.call(failing);
  }
  /** The dependency refuses the request, which is an answer. */
  answers(): Promise<unknown> {
    return this.call(() => Promise.reject(refusal()));
  }
  hangs(): Promise<unknown> {
    return this.call(never);
  }

  /** No timer runs and no answer reaches it until it is thawed. */
  freeze(): void {
    this.#frozenAt = this.#virtual.now;
    this.#sandbox.end();
  }

  /** @param stoodStill Whether its monotonic clock did, too. */
  thaw(stoodStill = false): void {
    if (stoodStill) this.#stoodStillMs += this.#virtual.now - (this.#frozenAt ?? 0);
    this.#sandbox.begin(() => undefined);
  }
}

/** Environments that share one store and one virtual time, which stands still until it is made to pass. */
export class Fleet {
  readonly virtual: ReturnType<typeof world> = world();
  /** What the store holds. */
  readonly table: ReturnType<typeof memoryStore> = memoryStore();
  /** What was asked of the store, also where it did not answer. */
  readonly requests: Request[] = [];
  /** What becomes of each request. */
  serve: Serve = (_, serve) => serve();
  chance: number | 'seeded';
  readonly store: CountingStore;
  readonly environments: readonly Environment[];
  #outage: 'no answer' | 'lost answers' | undefined;

  constructor(size: number, options: FleetOptions = {}) {
    this.chance = options.chance ?? 0;
    this.store = serving(this.table, (request, serve) => {
      this.requests.push(request);
      return this.serve(request, serve);
    });
    this.environments = Array.from({ length: size }, (_, index) => new Environment(this, index, options));
  }

  /** The way to the store, on which answers can be lost. */
  readonly link: Parameters<typeof linked>[2] = {
    lossFraction: 0.5,
    fault: () => (this.#outage === 'no answer' ? 'silent' : undefined),
    random: { ...seededRandom(1), next: () => (this.#outage === 'lost answers' ? 0 : 1) },
  };

  random(index: number): ReturnType<typeof seededRandom> {
    const seeded = seededRandom(index + 1);
    return { ...seeded, next: () => (this.chance === 'seeded' ? seeded.next() : this.chance) };
  }

  #later(ms: number): Promise<void> {
    return new Promise((resolve) => void clockIn(this.virtual).after(ms, resolve));
  }

  get first(): Environment {
    return this.environments[0] as Environment;
  }
  get second(): Environment {
    return this.environments[1] as Environment;
  }

  /** The time by a clock that is right. Milliseconds since the epoch. */
  get now(): number {
    return clockIn(this.virtual).now();
  }

  /** Lets what is ready run, and then so much time pass. */
  async pass(ms = 0): Promise<void> {
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    await settled();
    await this.virtual.runUntil(this.virtual.now + ms);
    await settled();
  }

  /** One environment is frozen for so long, and then thawed. */
  async freeze(environment: Environment, ms: number, stoodStill?: boolean): Promise<void> {
    environment.freeze();
    await this.pass(ms);
    environment.thaw(stoodStill);
    await this.pass();
  }

  /** Gives what comes of a call within so much time. */
  async within(ms: number, run: Promise<unknown>): Promise<unknown> {
    let outcome: unknown = 'still running';
    void run.then((value) => {
      outcome = value;
    });
    await this.pass(ms);
    return outcome;
  }

  /** The stored state. */
  state(): Promise<Item | undefined> {
    return this.table.get(KEY);
  }
  putState(change: Partial<StoredState>): Promise<void> {
    return putState(this.table, change);
  }

  requestsOf(operation: Request['operation']): readonly Request[] {
    return this.requests.filter((request) => request.operation === operation);
  }

  /** The store refuses requests of these kinds. */
  storeRefuses(
    operations: readonly Request['operation'][] = ['get', 'put', 'add'],
    error: Error = new StoreError('down', { retryable: true }),
  ): void {
    this.serve = (request, serve) =>
      operations.includes(request.operation) ? Promise.reject(error) : serve();
  }
  /** The store does what it is asked after so many milliseconds. */
  storeTakes(ms: number): void {
    this.serve = (_, serve) => this.#later(ms).then(serve);
  }
  /** The store refuses each request after so many milliseconds. */
  storeThrottles(ms = 5): void {
    const throttled = () => Promise.reject(new StoreError('throttled', { retryable: true }));
    this.serve = () => this.#later(ms).then(throttled);
  }
  /** No request gets to the store. */
  storeHangs(): void {
    this.#outage = 'no answer';
  }
  /** All requests are done, and no answer comes back. */
  storeLosesAnswers(): void {
    this.#outage = 'lost answers';
  }
  storeRecovers(): void {
    this.#outage = undefined;
    this.serve = (_, serve) => serve();
  }
}

/** Environments whose breaker has just opened, since calls of the first one failed. */
export async function openFleet(size = 2, options: FleetOptions = {}): Promise<Fleet> {
  const fleet = new Fleet(size, options);
  await times(FAILURES_TO_OPEN, () => fleet.first.fails());
  return fleet;
}
