/* The wrapper of version 1, as far as it reads and writes records. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/core/clock.ts';
import { StoreError } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import type { Store } from '../../../lib/core/store.ts';
import { canonicalJson } from '../../../lib/idempotency/canonical-json.ts';
import { InFlightError, OwnershipLostError, PayloadMismatchError } from '../../../lib/idempotency/errors.ts';
import {
  explainRefusal,
  type IdempotencyRecord,
  isMine,
  mayClaim,
  readRecord,
  writeRecord,
} from './protocol.ts';

export interface OptionsBefore<E> {
  readonly store: Store;
  readonly operation: string;
  readonly key: (event: E) => unknown;
  readonly payload?: (event: E) => unknown;
  readonly clock: Clock;
  readonly random: Random;
}

interface Context {
  getRemainingTimeInMillis(): number;
}

const RETENTION_SECONDS = 86_400;
const SKEW_MARGIN_MS = 5_000;
const MIN_LEASE_MS = 1_000;
const CLAIM_TRIES = 3;

const fingerprint = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('base64url');
const encodeResult = (result: unknown): string => JSON.stringify(result) ?? '';
const decodeResult = (text: string): unknown => (text === '' ? undefined : JSON.parse(text));

export function idempotentBefore<E>(
  { store, operation, clock, random, ...options }: OptionsBefore<E>,
  run: () => Promise<unknown>,
): (event: E, context: Context) => Promise<unknown> {
  async function claim(
    key: string,
    payload: string,
    context: Context,
  ): Promise<IdempotencyRecord | { readonly replay: string }> {
    const leaseMs = Math.max(MIN_LEASE_MS, context.getRemainingTimeInMillis()) + SKEW_MARGIN_MS;
    const owner = random.token();
    for (let attempt = 1; attempt <= CLAIM_TRIES; attempt++) {
      const now = clock.now();
      const leaseUntil = now + leaseMs;
      const expiresAt = Math.ceil(leaseUntil / 1_000) + RETENTION_SECONDS;
      const record = { state: 'in-progress', owner, leaseUntil, payload, result: '', expiresAt } as const;
      const written = await store.put(key, writeRecord(record), { when: mayClaim(payload, now) });
      if (written.applied) return record;
      if (written.current === undefined) continue;
      const refusal = explainRefusal(written.current, owner, payload, now);
      switch (refusal.kind) {
        case 'mine':
          return readRecord(written.current) ?? record;
        case 'replay':
          return { replay: refusal.result };
        case 'mismatch':
          throw new PayloadMismatchError(operation);
        case 'in-flight':
          throw new InFlightError(operation, refusal.retryAfterMs);
        case 'unreadable':
          throw new StoreError('written by another version of the toolkit; deploy one version everywhere');
      }
    }
    throw new StoreError(`the record changed ${CLAIM_TRIES} times while it was claimed`);
  }

  async function complete(key: string, record: IdempotencyRecord, result: string): Promise<void> {
    const expiresAt = Math.ceil(clock.now() / 1_000) + RETENTION_SECONDS;
    const completed = { ...record, state: 'completed', result, expiresAt } as const;
    const written = await store.put(key, writeRecord(completed), { when: isMine(record.owner) });
    if (written.applied) return;
    const current = written.current && readRecord(written.current);
    if (current?.owner === record.owner && current.state === 'completed') return;
    throw new OwnershipLostError(operation);
  }

  return async (event, context) => {
    const identity = options.key(event);
    const payload = fingerprint(options.payload ? options.payload(event) : identity);
    const key = `idempotency#${operation}#${fingerprint(identity)}`;
    const claimed = await claim(key, payload, context);
    if ('replay' in claimed) return decodeResult(claimed.replay);
    let result: unknown;
    try {
      result = await run();
    } catch (error) {
      await store.delete(key, { when: isMine(claimed.owner) });
      throw error;
    }
    const text = encodeResult(result);
    await complete(key, claimed, text);
    return decodeResult(text);
  };
}
