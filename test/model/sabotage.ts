import type { Item, Store } from '../../lib/core/store.ts';
import { isProof } from '../../lib/idempotency/proof.ts';
import { type IdempotencyRecord, readRecord } from '../../lib/idempotency/protocol.ts';
import type { Sabotage } from './world.ts';

/** A store that tells something else of the item that stands in the way of a write. */
const lies =
  (change: (current: Item, item: Item) => Item) =>
  (inner: Store): Store => ({
    ...inner,
    async put(key, item, options) {
      const result = await inner.put(key, item, options);
      if (result.applied || result.current === undefined) return result;
      return { applied: false, current: change(result.current, item) };
    },
  });

/** A store that does not look at the lease, which a takeover is conditioned on too. */
const forgetful = (inner: Store): Store => ({
  ...inner,
  put(key, item, { when, ...options } = {}) {
    const lax = when?.map((clause) =>
      clause === 'absent' ? clause : clause.filter(({ attribute }) => attribute !== 'leaseUntil'),
    );
    return inner.put(key, item, { ...options, ...(lax && { when: lax }) });
  },
});

/** A store that removes a record when a claim comes after its time, by the clock of the claimer. */
const fading =
  (untilMs: (record: IdempotencyRecord) => number) =>
  (inner: Store): Store => ({
    ...inner,
    async put(key, item, options) {
      const result = await inner.put(key, item, options);
      const current = result.applied || !result.current ? undefined : readRecord(result.current);
      const claim = readRecord(item);
      if (!current || claim?.state !== 'in-progress' || claim.fence <= untilMs(current)) return result;
      await inner.delete(key);
      return inner.put(key, item, options);
    },
  });

/** Ways to break the protocol from outside: by the store that it uses, or by its input. */
export const SABOTAGE = {
  'completions are not fenced': {
    store: (inner) => ({
      ...inner,
      put: (key, item, options) => inner.put(key, item, item['state'] === 'completed' ? {} : options),
    }),
  },
  'releases are not fenced': {
    store: (inner) => ({ ...inner, delete: (key) => inner.delete(key) }),
  },
  'fences do not grow': {
    store: (inner) => ({
      ...inner,
      put: (key, item, options) => inner.put(key, { ...item, fence: 1 }, options),
    }),
  },
  'tokens are not unique': { options: { random: { next: () => 0, token: () => 'anybody' } } },
  'own writes are not recognised': {
    store: lies((current, { owner }) =>
      current['owner'] === owner ? { ...current, owner: 'hidden' } : current,
    ),
  },
  'clocks differ without a margin': { options: { skewMarginMs: 0 } },
  'leases do not hold': {
    store: (inner) => lies((current) => ({ ...current, leaseUntil: 0 }))(forgetful(inner)),
  },
  'leases never end': { store: lies((current) => ({ ...current, leaseUntil: Number.MAX_SAFE_INTEGER })) },
  'payloads are not compared': { options: { payload: () => null } },
  'principals share keys': { options: { principal: () => 'anybody' } },
  'a lost answer frees the key': { options: { isDefiniteFailure: () => true } },
  'an earlier attempt is forgotten': { options: { isDefiniteFailure: isProof } },
  'refusals are held': { options: { isDefiniteFailure: () => false } },
  'held keys run again': {
    store: fading(({ state, leaseUntil }) => (state === 'in-progress' ? leaseUntil : Infinity)),
  },
  'records expire by the clock of a reader': { store: fading(({ expiresAt }) => expiresAt * 1_000) },
  'sandboxes forget since when they know a lease': { clock: (own) => ({ ...own, monotonic: () => 0 }) },
  'results are forgotten': {
    store: (inner) => ({
      ...inner,
      async put(key, item, options) {
        const result = await inner.put(key, item, options);
        if (result.applied && item['state'] === 'completed') await inner.delete(key);
        return result;
      },
    }),
  },
} as const satisfies Readonly<Record<string, Sabotage>>;
