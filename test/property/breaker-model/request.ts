import type { RequestKind } from '../../../lib/breaker/store-access.ts';
import { StoreError } from '../../../lib/core/errors.ts';

/** What a request comes to at the store. */
export interface Served<R> {
  readonly value: R;
  /** How much had happened to the state item by then. */
  readonly order: number;
}

/** How a request is made, answered and noticed. */
export interface RequestPlan<R> {
  readonly kind: RequestKind;
  readonly signal: AbortSignal | undefined;
  /** @param isStale Whether it gets the answer of before the last write, where it takes one from a moment ago. */
  serve(isStale: boolean): Promise<Served<R>>;
  /** The answer has arrived, and the breaker waits for it. */
  heard(served: Served<R>): void;
  /** It has failed, or is no longer waited for. */
  failed(isDenied: boolean): void;
  /** Runs when the environment can notice something: not while it is frozen, and not when it is dead. */
  deliver(notice: () => void): void;
}

const lost = () => new StoreError('lost', { retryable: true });
const denied = () => new StoreError('denied', { retryable: false });

/** A request between an environment and the store. */
export class Request<R = unknown> {
  readonly promise: Promise<R>;
  readonly #plan: RequestPlan<R>;
  readonly #resolve: (value: R) => void;
  readonly #reject: (error: unknown) => void;
  #served: Promise<Served<R>> | undefined;
  #isSettled = false;

  constructor(plan: RequestPlan<R>) {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.promise = promise;
    this.#plan = plan;
    this.#resolve = resolve;
    this.#reject = reject;
    plan.signal?.addEventListener('abort', () => this.#settle(() => plan.failed(false)));
  }

  get kind(): RequestKind {
    return this.#plan.kind;
  }

  /** Has it served, once. */
  async apply(isStale = false): Promise<void> {
    this.#served ??= this.#plan.serve(isStale);
    await this.#served.catch(() => undefined);
  }

  /** It is served once more, as a network does that sends it twice. */
  async repeat(): Promise<void> {
    await this.#plan.serve(false).catch(() => undefined);
  }

  /** What it has come to arrives. */
  async answer(): Promise<void> {
    const served = await this.#served?.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (served === undefined) return;
    if ('error' in served) return this.#fail(served.error, false);
    this.#plan.deliver(() => {
      this.#settle(() => this.#plan.heard(served.value));
      this.#resolve(served.value.value);
    });
  }

  lose(): void {
    this.#fail(lost(), false);
  }

  deny(): void {
    this.#fail(denied(), true);
  }

  #fail(error: unknown, isDenied: boolean): void {
    this.#plan.deliver(() => {
      this.#settle(() => this.#plan.failed(isDenied));
      this.#reject(error);
    });
  }

  /** The breaker hears of it once: what comes after it has given up it does not hear. */
  #settle(notice: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    notice();
  }
}
