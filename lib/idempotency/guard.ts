import { sleep } from '../core/clock.ts';
import { hasCode, InvalidOptionError, isFibrinError, StoreError } from '../core/errors.ts';
import type { Item, TransactWrite } from '../core/store.ts';
import { canTransact } from '../core/store.ts';
import { runWithin } from '../core/time-limit.ts';
import { decodeResult, encodeResult, loadResult, notStored, storeResult } from './codec.ts';
import {
  InFlightError,
  OutcomeUnknownError,
  OwnershipLostError,
  PayloadMismatchError,
  ResultNotStoredError,
} from './errors.ts';
import type { IdempotencyEvent } from './events.ts';
import { type Execution, executionOf } from './execution.ts';
import { type Identity, identify } from './identity.ts';
import { LeaseWatch, MAX_INVOCATION_MS } from './lease-watch.ts';
import { checkIdempotencyOptions, type IdempotencyOptions } from './options.ts';
import { isFailedResult, outcomes, type RunEnd } from './outcome.ts';
import {
  completed,
  completedBy,
  decide,
  type IdempotencyRecord,
  isDurable,
  isMine,
  ownerOf,
  writeRecord,
} from './protocol.ts';
import { replayCache } from './replay-cache.ts';
import { isStreamed } from './streams.ts';

/** A run that this invocation owns. */
export interface Run extends Identity {
  readonly kind: 'run';
  readonly record: IdempotencyRecord;
  readonly execution: Execution;
  /** Whether an earlier try of its execution began it, and ended without an outcome. */
  readonly isResumed: boolean;
}

/** What the caller has to do: run, hand out the recorded result, or run without a claim. */
export type Begun =
  | Run
  | { readonly kind: 'replay'; readonly result: unknown }
  | { readonly kind: 'unprotected' };

export interface IdempotencyGuard<E> {
  /**
   * Claims the run, or brings the result of the one that completed.
   * @throws {InFlightError} 409, {OutcomeUnknownError} 409, {PayloadMismatchError} 422, {StoreError} 503: then nothing may run.
   */
  begin(event: E, context: unknown): Promise<Begun>;
  /**
   * Ends the run, unless it has ended: records its result, frees the key after a failure, or leaves the claim where the outcome
   * is unknown. Gives a result that was recorded, as every replay will. Never throws after a failure or an unknown outcome.
   * @param ended Undefined: the run may go on, and nothing waits for it any more.
   * @throws {OwnershipLostError} when another run took over, {StoreError} when it is not known whether it is recorded,
   * {ResultNotStoredError} for what JSON cannot hold.
   */
  end(run: Run, ended: RunEnd | undefined): Promise<{ readonly result: unknown } | undefined>;
  /** Records the result, once, in one transaction with other writes: all of them are made, or none. */
  completeWith(run: Run, result: unknown, writes: readonly TransactWrite[]): Promise<unknown>;
}

/** How often a claim is tried while what is under the key keeps changing. */
const CLAIM_TRIES = 5;
/**
 * What one access to the store may take of an invocation. Long enough for the first request of a cold sandbox with little
 * CPU, which takes over a second: a claim that is given up too early locks its key all the same.
 */
const STORE_LIMIT_MS = 3_000;
/** Kept for the last look at the store when a duplicate waits. */
const LOOK_RESERVE_MS = 500;
/** Kept of the invocation's time, so that it can still answer. */
const ANSWER_RESERVE_MS = 50;
/** Granted with no time left too: what is sent may arrive all the same. */
const MIN_STORE_LIMIT_MS = 50;
const FIRST_LOOK_MS = 50;
const MAX_LOOK_MS = 500;

/** @param isFailure Whether a result says that the run failed. Default: a status of 500 or more, or a batch that names failures. */
export function idempotencyGuard<E>(
  options: IdempotencyOptions<E>,
  isFailure: (result: unknown) => boolean = isFailedResult,
): IdempotencyGuard<E> {
  const settings = checkIdempotencyOptions(options);
  const outcomeOf = outcomes(settings, isFailure);
  const { store, operation, clock, random, resultStore } = settings;
  const identityOf = identify(options);
  const cache = settings.replayCache && replayCache(settings.replayCache, clock);
  /** Runs that are recorded or lost: nothing of theirs is left to release. */
  const finished = new WeakSet<Run>();
  const leases = new LeaseWatch(clock);
  /** How long the run of a record can be at work. */
  const longestMs = ({ owner }: IdempotencyRecord) =>
    settings.skewMarginMs + (isDurable(owner) ? settings.durableWorkMs : MAX_INVOCATION_MS);
  const tell = (kind: IdempotencyEvent['kind'], key: string, more: Partial<IdempotencyEvent> = {}) =>
    settings.onEvent({ kind, operation, key, ...more });

  // In another sandbox, whose clock is ahead, the operation may run again by then.
  const keep = ({ key, payload }: Identity, text: string, { expiresAt }: IdempotencyRecord) =>
    cache?.set(key, payload, text, expiresAt * 1_000 - settings.skewMarginMs);

  const within = <R>(
    execution: Execution,
    access: (signal: AbortSignal) => Promise<R>,
    name = store.name,
  ): Promise<R> => {
    const remainingMs = execution.remainingMs() - ANSWER_RESERVE_MS;
    const limitMs = Math.max(MIN_STORE_LIMIT_MS, Math.min(STORE_LIMIT_MS, remainingMs));
    const exceeded = () =>
      new StoreError(`${name} gave no answer in ${Math.round(limitMs)} ms`, { retryable: true });
    return runWithin({ clock, limitMs, exceeded }, ({ signal }) => access(signal));
  };

  /** The text of a recorded result, wherever it is. Trouble of the result store here: it may be read later. */
  const load = (identity: Identity, record: IdempotencyRecord, execution: Execution): Promise<string> => {
    const access = () => loadResult(identity.key, operation, record, resultStore);
    return within(execution, access, 'the resultStore').catch((error: unknown) => {
      if (isFibrinError(error)) throw error;
      throw new StoreError(`the resultStore did not give the result of "${operation}"`, {
        cause: error,
        retryable: true,
      });
    });
  };

  const replay = async (
    identity: Identity,
    record: IdempotencyRecord,
    execution: Execution,
  ): Promise<Begun> => {
    const text = await load(identity, record, execution);
    keep(identity, text, record);
    tell('replayed', identity.key, { from: 'store' });
    return { kind: 'replay', result: decodeResult(operation, text) };
  };

  /** Decides until there is something to do. `seen` is what is known to be under the key. */
  const claim = async (identity: Identity, execution: Execution): Promise<Begun> => {
    const { key, payload } = identity;
    const owner = ownerOf(execution.arn, random.token());
    const startedAt = clock.monotonic();
    let seen: Item | undefined;
    let waited = false;
    let isLeaseOver = false;
    let isResumed = false;
    for (let tries = 0; tries < CLAIM_TRIES; ) {
      const now = clock.now();
      const leaseMs = execution.workMs + settings.skewMarginMs;
      const invocationMs = execution.invocationMs + settings.skewMarginMs;
      const claimer = { owner, execution: execution.arn, payload, now, leaseMs, invocationMs, isLeaseOver };
      const decision = decide({ ...settings, ...claimer }, seen);
      switch (decision.kind) {
        case 'write': {
          tries++;
          const { next, when } = decision;
          isResumed = decision.isResumed === true;
          // Store trouble here, silence included: fail closed, or run where the caller would rather. A claim that was applied
          // without an answer stands until its lease ends.
          const written = await within(execution, (signal) =>
            store.put(key, writeRecord(next), { when, signal }),
          ).catch((error: unknown) => {
            if (settings.onStoreError === 'run' && hasCode(error, 'STORE_UNAVAILABLE')) return undefined;
            throw error;
          });
          if (written === undefined) {
            tell('unprotected', key);
            return { kind: 'unprotected' };
          }
          if (!written.applied) {
            seen = written.current;
            isLeaseOver = false;
            continue;
          }
          tell('claimed', key);
          return { kind: 'run', ...identity, record: next, execution, isResumed };
        }
        case 'run':
          tell('claimed', key);
          return { kind: 'run', ...identity, record: decision.record, execution, isResumed };
        case 'replay':
          if (waited) tell('waited', key, { waitedMs: clock.monotonic() - startedAt });
          return replay(identity, decision.record, execution);
        case 'mismatch':
          tell('mismatched', key);
          throw new PayloadMismatchError(operation);
        case 'unknown':
          tell('held', key);
          throw new OutcomeUnknownError(operation);
        case 'unreadable':
          tell('unreadable', key);
          throw new StoreError(
            `${store.name}: expected a record of "${operation}", got an item that this version cannot read; deploy the newest version here too, or release the key`,
          );
        case 'in-flight': {
          const leaseLeftMs = leases.leftMs(
            key,
            decision.record,
            decision.leaseLeftMs,
            longestMs(decision.record),
          );
          if (leaseLeftMs < 0) {
            isLeaseOver = true;
            continue;
          }
          const leftMs = Math.min(
            settings.waitMs - (clock.monotonic() - startedAt),
            execution.remainingMs() - LOOK_RESERVE_MS,
          );
          if (leftMs <= 0) {
            tell('conflicted', key);
            throw new InFlightError(operation, leaseLeftMs);
          }
          const lookMs = Math.min(MAX_LOOK_MS, FIRST_LOOK_MS + (clock.monotonic() - startedAt) / 2);
          await sleep(clock, Math.min(leftMs, lookMs * (0.5 + random.next() / 2)));
          waited = true;
          isLeaseOver = false;
          seen = await within(execution, (signal) => store.get(key, { signal }));
        }
      }
    }
    throw new StoreError(
      `${store.name}: the record of "${operation}" changed ${CLAIM_TRIES} times while it was claimed`,
      {
        retryable: true,
      },
    );
  };

  /** What to record of a result, and what to give to the caller of the first run. */
  const prepare = async ({ key, execution }: Run, result: unknown) => {
    // It can be read once: the first caller gets it, all others are told that it was done.
    if (isStreamed(result))
      return { stored: notStored('it was streamed'), text: undefined, answer: () => result };
    let text: string;
    try {
      text = encodeResult(result);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const answer = (): never => {
        throw new ResultNotStoredError(operation, why, error);
      };
      return { stored: notStored(why), text: undefined, answer };
    }
    const keyElsewhere = () => `${key}#${random.token()}`;
    const put = () => storeResult(keyElsewhere, text, resultStore);
    // Trouble of the result store here, silence included: the record says all the same that it is done.
    const stored = await within(execution, put, 'the resultStore').catch((error: unknown) =>
      notStored(`resultStore: ${error}`),
    );
    return { stored, text, answer: () => decodeResult(operation, text) };
  };

  type Write = (item: Item, signal: AbortSignal) => ReturnType<typeof store.put>;

  const record = async (run: Run, result: unknown, write: Write): Promise<unknown> => {
    const { key, execution, record: claimed } = run;
    const { stored, text, answer } = await prepare(run, result);
    const next = completed(claimed, stored, clock.now(), settings);
    const written = await within(execution, (signal) => write(writeRecord(next), signal));
    finished.add(run);
    // Refused, it may be our own write, applied by a request whose acknowledgement was lost.
    const recorded = written.applied ? next : completedBy(claimed.owner, written.current);
    if (recorded === undefined) {
      tell('lost', key);
      throw new OwnershipLostError(operation);
    }
    tell('completed', key);
    // The run has tried before, with another result: the one that was recorded is what everybody gets.
    if (recorded.form !== next.form || recorded.result !== next.result)
      return decodeResult(operation, await load(run, recorded, execution));
    if (text !== undefined && stored.form !== 'none') keep(run, text, recorded);
    return answer();
  };

  const complete = async (run: Run, result: unknown): Promise<unknown> => {
    const when = isMine(run.record.owner);
    try {
      return await record(run, result, (item, signal) => store.put(run.key, item, { when, signal }));
    } catch (error) {
      // Store trouble here: the outcome is unknown to others. The claim stays, so nothing runs until the lease ends.
      if (hasCode(error, 'STORE_UNAVAILABLE')) tell('unknown', run.key);
      throw error;
    }
  };

  const release = async ({ key, record: claimed, execution }: Run): Promise<void> => {
    const when = isMine(claimed.owner);
    try {
      const released = await within(execution, (signal) => store.delete(key, { when, signal }));
      // Where nothing is any more, it was our own delete, sent twice, or another's: the key is free.
      tell(released.applied || released.current === undefined ? 'released' : 'lost', key);
    } catch {
      // Store trouble here: the lease ends by itself, and the caller must see the error of the run, not this one.
      tell('unknown', key);
    }
  };

  return {
    async begin(event, context) {
      const execution = executionOf(context, settings.durableWorkMs);
      const identity = identityOf(event, context);
      const text = cache?.get(identity.key, identity.payload);
      if (text !== undefined) {
        tell('replayed', identity.key, { from: 'sandbox' });
        return { kind: 'replay', result: decodeResult(operation, text) };
      }
      return claim(identity, execution);
    },

    async end(run, ended) {
      // What is recorded has happened, whatever went wrong after.
      if (finished.has(run)) return undefined;
      const outcome = outcomeOf(ended, run);
      if (outcome === 'done' && ended && 'result' in ended)
        return { result: await complete(run, ended.result) };
      if (outcome === 'failed') await release(run);
      else tell('unknown', run.key);
      return undefined;
    },

    async completeWith(run, result, writes) {
      if (finished.has(run))
        throw new Error(`This run of "${operation}" has ended; it cannot be completed again`);
      if (!canTransact(store)) {
        throw new InvalidOptionError(
          `completeWith: expected a store with transactions, got ${store.name}; use dynamoStore, or complete without other writes`,
        );
      }
      const when = isMine(run.record.owner);
      return record(run, result, (item, signal) => store.transact(run.key, item, { when, signal, writes }));
    },
  };
}
