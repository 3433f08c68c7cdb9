import { hasCode, InvalidOptionError } from '../core/errors.ts';
import type { Item, TransactWrite, WriteResult } from '../core/store.ts';
import { canTransact } from '../core/store.ts';
import { Claiming } from './claiming.ts';
import { OwnershipLostError } from './errors.ts';
import { type Execution, executionOf } from './execution.ts';
import { type Identity, identify } from './identity.ts';
import { checkIdempotencyOptions, type IdempotencyOptions, type IdempotencySettings } from './options.ts';
import { isFailedResult, outcomes, type RunEnd } from './outcome.ts';
import { completed, completedBy, type IdempotencyRecord, isMine, writeRecord } from './protocol.ts';
import type { Report } from './report.ts';
import { type RecordedResult, Results } from './results.ts';
import { accessWithin } from './store-access.ts';

/** A run that this invocation owns. */
export interface ClaimedRun extends Identity {
  readonly kind: 'run';
  readonly record: IdempotencyRecord;
  readonly execution: Execution;
  /** Whether an earlier try of its execution began it, and ended without an outcome. */
  readonly isResumed: boolean;
}

/** What the caller has to do: run, hand out the recorded result, or run without a claim. */
export type Begun =
  | ClaimedRun
  | { readonly kind: 'replay'; readonly result: unknown }
  | { readonly kind: 'unprotected' };

type Write = (item: Item, signal: AbortSignal) => Promise<WriteResult>;

/** Guards the runs of one operation: what all forms of idempotency stand on. */
export class IdempotencyGuard<E> {
  readonly #settings: IdempotencySettings<E>;
  readonly #report: Report;
  readonly #identityOf: (event: E, context: unknown) => Identity;
  readonly #outcomeOf: ReturnType<typeof outcomes>;
  readonly #claiming: Claiming;
  readonly #results: Results;
  /** Runs that are recorded or lost: nothing of theirs is left to release. */
  readonly #finished = new WeakSet<ClaimedRun>();

  /**
   * @param isFailure Whether a result says that the run failed. Default: a status of 500 or more, or a batch that names failures.
   * @throws {InvalidOptionError} for a bad option.
   */
  constructor(options: IdempotencyOptions<E>, isFailure: (result: unknown) => boolean = isFailedResult) {
    const settings = checkIdempotencyOptions(options);
    const { operation, onEvent } = settings;
    this.#settings = settings;
    this.#report = (kind, key, more) => onEvent({ kind, operation, key, ...more });
    this.#identityOf = identify(options);
    this.#outcomeOf = outcomes(settings, isFailure);
    this.#claiming = new Claiming(settings, this.#report);
    this.#results = new Results(settings);
  }

  /**
   * Claims the run, or brings the result of the one that completed.
   * @throws {InFlightError} 409, {OutcomeUnknownError} 409, {PayloadMismatchError} 422, {StoreError} 503: then nothing may run.
   */
  async begin(event: E, context: unknown): Promise<Begun> {
    const execution = executionOf(context, this.#settings.durableWorkMs);
    const identity = this.#identityOf(event, context);
    const kept = this.#results.kept(identity);
    if (kept) {
      this.#report('replayed', identity.key, { from: 'sandbox' });
      return { kind: 'replay', ...kept };
    }
    const claimed = await this.#claiming.claim(identity, execution);
    if (claimed.kind === 'unprotected') return claimed;
    if (claimed.kind === 'run') return { ...identity, ...claimed, execution };
    const { result } = await this.#results.load(identity, claimed.record, execution);
    this.#report('replayed', identity.key, { from: 'store' });
    return { kind: 'replay', result };
  }

  /**
   * Ends the run, unless it has ended: records its result, frees the key after a failure, or leaves the claim where the outcome
   * is unknown. Gives a result that was recorded, as every replay will. Never throws after a failure or an unknown outcome.
   * @param ended Undefined: the run may go on, and nothing waits for it any more.
   * @throws {OwnershipLostError} when another run took over, {StoreError} when it is not known whether it is recorded,
   * {ResultNotStoredError} for what JSON cannot hold.
   */
  async end(run: ClaimedRun, ended: RunEnd | undefined): Promise<RecordedResult | undefined> {
    // What is recorded has happened, whatever went wrong after.
    if (this.#finished.has(run)) return undefined;
    const outcome = this.#outcomeOf(ended, run);
    if (outcome === 'done' && ended && 'result' in ended) return this.#complete(run, ended.result);
    if (outcome === 'failed') await this.#release(run);
    else this.#report('unknown', run.key);
    return undefined;
  }

  /** Records the result, once, in one transaction with other writes: all of them are made, or none. */
  async completeWith(run: ClaimedRun, result: unknown, writes: readonly TransactWrite[]): Promise<unknown> {
    const { store, operation } = this.#settings;
    if (this.#finished.has(run))
      throw new Error(`This run of "${operation}" has ended; it cannot be completed again`);
    if (!canTransact(store)) {
      throw new InvalidOptionError(
        `completeWith: expected a store with transactions, got ${store.name}; use dynamoStore, or complete without other writes`,
      );
    }
    const when = isMine(run.record.owner);
    const recorded = await this.#record(run, result, (item, signal) =>
      store.transact(run.key, item, { when, signal, writes }),
    );
    return recorded.result;
  }

  async #complete(run: ClaimedRun, result: unknown): Promise<RecordedResult> {
    const { store } = this.#settings;
    const when = isMine(run.record.owner);
    try {
      return await this.#record(run, result, (item, signal) => store.put(run.key, item, { when, signal }));
    } catch (error) {
      // A store outage here: the outcome is unknown to others. The claim stays, so nothing runs until the lease ends.
      if (hasCode(error, 'STORE_UNAVAILABLE')) this.#report('unknown', run.key);
      throw error;
    }
  }

  async #record(run: ClaimedRun, result: unknown, write: Write): Promise<RecordedResult> {
    const { clock, store, operation } = this.#settings;
    const { key, execution, record: claimed } = run;
    const { stored, text, answer } = await this.#results.prepare(run, execution, result);
    const next = completed(claimed, stored, clock.now(), this.#settings);
    const written = await accessWithin(clock, store.name, execution, (signal) =>
      write(writeRecord(next), signal),
    );
    this.#finished.add(run);
    // Refused, it may be our own write, applied by a request whose acknowledgement was lost.
    const recorded = written.applied ? next : completedBy(claimed.owner, written.current);
    if (recorded === undefined) {
      this.#report('lost', key);
      throw new OwnershipLostError(operation);
    }
    this.#report('completed', key);
    // The run has tried before, with another result: the one that was recorded is what every caller gets.
    if (recorded.form !== next.form || recorded.result !== next.result)
      return this.#results.load(run, recorded, execution);
    if (text !== undefined && stored.form !== 'none') this.#results.keep(run, text, recorded);
    return { result: answer(), text };
  }

  async #release({ key, record, execution }: ClaimedRun): Promise<void> {
    const { store, clock } = this.#settings;
    const when = isMine(record.owner);
    try {
      const released = await accessWithin(clock, store.name, execution, (signal) =>
        store.delete(key, { when, signal }),
      );
      // Where nothing is any more, it was our own delete, sent twice, or another's: the key is free.
      this.#report(released.applied || released.current === undefined ? 'released' : 'lost', key);
    } catch {
      // A store outage here: the lease ends by itself, and the caller must see the error of the run, not this one.
      this.#report('unknown', key);
    }
  }
}
