import { sleep } from '../core/clock.ts';
import { hasCode, StoreError } from '../core/errors.ts';
import type { Item } from '../core/store.ts';
import { InFlightError, OutcomeUnknownError, PayloadMismatchError } from './errors.ts';
import type { Execution } from './execution.ts';
import type { Identity } from './identity.ts';
import { LeaseWatch, MAX_INVOCATION_MS } from './lease-watch.ts';
import type { IdempotencySettings } from './options.ts';
import {
  type Decision,
  decide,
  type IdempotencyRecord,
  isDurable,
  ownerOf,
  writeRecord,
} from './protocol.ts';
import type { Report } from './report.ts';
import { accessWithin } from './store-access.ts';

/** What a claim has come to. */
export type Claimed =
  | {
      readonly kind: 'run';
      readonly record: IdempotencyRecord;
      /** Whether it goes on with the run of an earlier try of its execution. */
      readonly isResumed: boolean;
    }
  | { readonly kind: 'replay'; readonly record: IdempotencyRecord }
  | { readonly kind: 'unprotected' };

/** How often a claim is tried while what is under the key keeps changing. */
const MAX_TRIES = 5;
/** Kept for the last read when a duplicate waits. Milliseconds. */
const READ_RESERVE_MS = 500;
/** A duplicate that waits reads the record after so long, and then less and less often. Milliseconds. */
const FIRST_READ_MS = 50;
const MAX_READ_MS = 500;

/** One claim on its way. */
interface Attempt {
  readonly identity: Identity;
  readonly execution: Execution;
  readonly owner: string;
  /** By the monotonic clock. */
  readonly startedAt: number;
  /** What is known to be under the key. */
  seen: Item | undefined;
  /** Whether the lease of what was seen is over, whatever it says. */
  isLeaseOver: boolean;
  isResumed: boolean;
  hasWaited: boolean;
}

type Kind<K extends Decision['kind']> = Extract<Decision, { readonly kind: K }>;

/** Claims runs of one operation. */
export class Claiming {
  readonly #settings: IdempotencySettings<never>;
  readonly #report: Report;
  readonly #leases: LeaseWatch;

  constructor(settings: IdempotencySettings<never>, report: Report) {
    this.#settings = settings;
    this.#report = report;
    this.#leases = new LeaseWatch(settings.clock);
  }

  /**
   * Decides until there is something to do.
   * @throws {InFlightError} 409, {OutcomeUnknownError} 409, {PayloadMismatchError} 422, {StoreError} 503.
   */
  async claim(identity: Identity, execution: Execution): Promise<Claimed> {
    const { clock, random, operation, store } = this.#settings;
    const attempt: Attempt = {
      identity,
      execution,
      owner: ownerOf(execution.arn, random.token()),
      startedAt: clock.monotonic(),
      seen: undefined,
      isLeaseOver: false,
      isResumed: false,
      hasWaited: false,
    };
    for (let tries = 0; tries < MAX_TRIES; ) {
      const decision = this.#decide(attempt);
      if (decision.kind === 'write') tries++;
      const claimed = await this.#act(attempt, decision);
      if (claimed) return claimed;
    }
    throw new StoreError(
      `${store.name}: the record of "${operation}" changed ${MAX_TRIES} times while it was claimed`,
      { retryable: true },
    );
  }

  #decide({ identity, execution, owner, seen, isLeaseOver }: Attempt): Decision {
    const { clock, skewMarginMs } = this.#settings;
    const claimer = {
      owner,
      isLeaseOver,
      execution: execution.arn,
      payload: identity.payload,
      now: clock.now(),
      leaseMs: execution.workMs + skewMarginMs,
      invocationMs: execution.invocationMs + skewMarginMs,
    };
    return decide({ ...this.#settings, ...claimer }, seen);
  }

  /** Does what was decided. Undefined: decide again, from what was seen by then. */
  async #act(attempt: Attempt, decision: Decision): Promise<Claimed | undefined> {
    const { operation, store, clock } = this.#settings;
    const { key } = attempt.identity;
    switch (decision.kind) {
      case 'write':
        return this.#write(attempt, decision);
      case 'run':
        this.#report('claimed', key);
        return { ...decision, isResumed: attempt.isResumed };
      case 'replay':
        if (attempt.hasWaited)
          this.#report('waited', key, { waitedMs: clock.monotonic() - attempt.startedAt });
        return decision;
      case 'in-flight':
        return this.#wait(attempt, decision);
      case 'mismatch':
        this.#report('mismatched', key);
        throw new PayloadMismatchError(operation);
      case 'unknown':
        this.#report('held', key);
        throw new OutcomeUnknownError(operation);
      case 'unreadable':
        this.#report('unreadable', key);
        throw new StoreError(
          `${store.name}: expected a record of "${operation}", got an item that this version cannot read; deploy the newest version here too, or release the key`,
        );
    }
  }

  async #write(
    attempt: Attempt,
    { next, when, isResumed = false }: Kind<'write'>,
  ): Promise<Claimed | undefined> {
    const { store, clock, onStoreError } = this.#settings;
    const { key } = attempt.identity;
    attempt.isResumed = isResumed;
    try {
      const written = await accessWithin(clock, store.name, attempt.execution, (signal) =>
        store.put(key, writeRecord(next), { when, signal }),
      );
      if (!written.applied) return this.#see(attempt, written.current);
    } catch (error) {
      // A store outage here, silence included: fail closed, or run where the user prefers that. A claim that was applied without
      // an answer stands until its lease ends.
      if (onStoreError !== 'run' || !hasCode(error, 'STORE_UNAVAILABLE')) throw error;
      this.#report('unprotected', key);
      return { kind: 'unprotected' };
    }
    this.#report('claimed', key);
    return { kind: 'run', record: next, isResumed };
  }

  /** Waits for the run that is under way, and reads its record again. */
  async #wait(
    attempt: Attempt,
    { record, leaseLeftMs: saidMs }: Kind<'in-flight'>,
  ): Promise<Claimed | undefined> {
    const { store, clock, random, operation, waitMs } = this.#settings;
    const { identity, execution, startedAt } = attempt;
    const leaseLeftMs = this.#leases.leftMs(identity.key, record, saidMs, this.#longestMs(record));
    if (leaseLeftMs < 0) {
      attempt.isLeaseOver = true;
      return undefined;
    }
    const waitedMs = clock.monotonic() - startedAt;
    const leftMs = Math.min(waitMs - waitedMs, execution.remainingMs() - READ_RESERVE_MS);
    if (leftMs <= 0) {
      this.#report('conflicted', identity.key);
      throw new InFlightError(operation, leaseLeftMs);
    }
    const readMs = Math.min(MAX_READ_MS, FIRST_READ_MS + waitedMs / 2);
    await sleep(clock, Math.min(leftMs, readMs * (0.5 + random.next() / 2)));
    attempt.hasWaited = true;
    const seen = await accessWithin(clock, store.name, execution, (signal) =>
      store.get(identity.key, { signal }),
    );
    return this.#see(attempt, seen);
  }

  #see(attempt: Attempt, seen: Item | undefined): undefined {
    attempt.seen = seen;
    attempt.isLeaseOver = false;
  }

  /** How long the run of a record can be at work. */
  #longestMs({ owner }: IdempotencyRecord): number {
    const { skewMarginMs, durableWorkMs } = this.#settings;
    return skewMarginMs + (isDurable(owner) ? durableWorkMs : MAX_INVOCATION_MS);
  }
}
