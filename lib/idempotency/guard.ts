import { type Clock, systemClock } from '../core/clock.ts';
import { runWithin } from '../core/deadline.ts';
import { StoreError } from '../core/errors.ts';
import { checkOptions, rule } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import type { Store } from '../core/store.ts';
import { InFlightError, OwnershipLostError, PayloadMismatchError } from './errors.ts';
import { fingerprint, recordKey } from './key.ts';
import {
  explainRefusal,
  type IdempotencyRecord,
  isMine,
  mayClaim,
  readRecord,
  writeRecord,
} from './protocol.ts';

/** The part of a Lambda context that is needed: how long the invocation can still run. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

export interface IdempotencyOptions<E> {
  /** Where the records are kept. */
  readonly store: Store;
  /** Name of what must happen once. Keys of different operations never meet. */
  readonly operation: string;
  /** The key that the caller repeats when it repeats the request. Plain JSON; hashed before it is stored. */
  readonly key: (event: E) => unknown;
  /** What the same key must always come with; a difference is refused with 422. Default: the key alone. */
  readonly payload?: (event: E) => unknown;
  /** How long a result is replayed. Seconds, 1 to 31,536,000. Default 86,400 (a day). */
  readonly retentionSeconds?: number;
  /** Added to the lease, for clocks that differ between sandboxes. Milliseconds. Default 5,000. */
  readonly skewMarginMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A run that this invocation owns. */
export interface Run {
  readonly kind: 'run';
  readonly key: string;
  readonly record: IdempotencyRecord;
  readonly context: RemainingTime;
}

/** What the caller has to do: run, or hand out the recorded result. */
export type Begun = Run | { readonly kind: 'replay'; readonly result: string };

export interface IdempotencyGuard<E> {
  /**
   * Claims the run, or brings the result of the one that completed.
   * @throws {InFlightError} 409, {PayloadMismatchError} 422, {StoreError} 503: then nothing may run.
   */
  begin(event: E, context: RemainingTime): Promise<Begun>;
  /** @throws {OwnershipLostError} when another run took over, {StoreError} when it is not known whether it is recorded. */
  complete(run: Run, result: string): Promise<void>;
  /** Frees the key after a run that failed for certain. Never throws: see the decision inside. */
  release(run: Run): Promise<void>;
}

/** The shortest lease: an invocation with no time left still needs its claim to be seen. */
const MIN_LEASE_MS = 1_000;
/** How often a claim is tried while the record that refused it keeps vanishing. */
const CLAIM_TRIES = 3;
/** What a claim, a completion or a release may take of an invocation, a store that hangs included. */
const STORE_LIMIT_MS = 1_000;
/** Kept of the invocation's time, so that it can still answer. */
const ANSWER_RESERVE_MS = 50;
/** Granted with no time left too: what is sent may arrive all the same. */
const MIN_STORE_LIMIT_MS = 50;

export function idempotencyGuard<E>(options: IdempotencyOptions<E>): IdempotencyGuard<E> {
  checkOptions('idempotency', options, {
    required: { store: rule.object(), operation: rule.name(), key: rule.fn() },
    optional: {
      payload: rule.fn(),
      retentionSeconds: rule.integer(1, 31_536_000),
      skewMarginMs: rule.integer(0, 60_000),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  const { store, operation, clock = systemClock, random = systemRandom } = options;
  const { retentionSeconds = 86_400, skewMarginMs = 5_000 } = options;

  const within = <R>(context: RemainingTime, access: (signal: AbortSignal) => Promise<R>): Promise<R> => {
    const remainingMs = context.getRemainingTimeInMillis() - ANSWER_RESERVE_MS;
    const limitMs = Math.max(MIN_STORE_LIMIT_MS, Math.min(STORE_LIMIT_MS, remainingMs));
    const exceeded = () =>
      new StoreError(`${store.name} gave no answer in ${Math.round(limitMs)} ms`, { retryable: true });
    return runWithin({ clock, limitMs, exceeded }, ({ signal }) => access(signal));
  };

  const claim = async (
    key: string,
    payload: string,
    context: RemainingTime,
    signal: AbortSignal,
  ): Promise<Begun> => {
    const leaseMs = Math.max(MIN_LEASE_MS, context.getRemainingTimeInMillis()) + skewMarginMs;
    const owner = random.token();
    for (let attempt = 1; attempt <= CLAIM_TRIES; attempt++) {
      const now = clock.now();
      const leaseUntil = now + leaseMs;
      const record: IdempotencyRecord = {
        state: 'in-progress',
        owner,
        leaseUntil,
        payload,
        result: '',
        expiresAt: Math.ceil(leaseUntil / 1_000) + retentionSeconds,
      };
      // Store trouble here, silence included: fail closed. Without a claim nothing may run. One that was applied without an
      // answer stands until its lease ends.
      const written = await store.put(key, writeRecord(record), { when: mayClaim(payload, now), signal });
      if (written.applied) return { kind: 'run', key, record, context };
      if (written.current === undefined) continue;
      const refusal = explainRefusal(written.current, owner, payload, now);
      switch (refusal.kind) {
        case 'mine':
          return { kind: 'run', key, record: readRecord(written.current) ?? record, context };
        case 'replay':
          return refusal;
        case 'mismatch':
          throw new PayloadMismatchError(operation);
        case 'in-flight':
          throw new InFlightError(operation, refusal.retryAfterMs);
        case 'unreadable':
          throw new StoreError(
            `${store.name}: the record of "${operation}" was written by another version of the toolkit; deploy one version everywhere`,
          );
      }
    }
    throw new StoreError(
      `${store.name}: the record of "${operation}" changed ${CLAIM_TRIES} times while it was claimed`,
    );
  };

  return {
    begin(event, context) {
      // Both are computed before the handler can change the event.
      const identity = options.key(event);
      const payload = fingerprint(options.payload ? options.payload(event) : identity);
      const key = recordKey(operation, identity);
      return within(context, (signal) => claim(key, payload, context, signal));
    },

    async complete({ key, record, context }, result) {
      const expiresAt = Math.ceil(clock.now() / 1_000) + retentionSeconds;
      const completed: IdempotencyRecord = { ...record, state: 'completed', result, expiresAt };
      // Store trouble here: the outcome is unknown to others. The claim stays, so nobody runs until the lease ends.
      const written = await within(context, (signal) =>
        store.put(key, writeRecord(completed), { when: isMine(record.owner), signal }),
      );
      if (written.applied) return;
      const current = written.current && readRecord(written.current);
      // Our own write, applied by a request whose acknowledgement was lost.
      if (current?.owner === record.owner && current.state === 'completed') return;
      throw new OwnershipLostError(operation);
    },

    async release({ key, record, context }) {
      try {
        await within(context, (signal) => store.delete(key, { when: isMine(record.owner), signal }));
      } catch {
        // Store trouble here: the lease ends by itself, and the caller must see the error of the run, not this one.
      }
    },
  };
}
