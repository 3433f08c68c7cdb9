import {
  ConsecutiveBreaker,
  circuitBreaker,
  bulkhead as cockatielBulkhead,
  fallback,
  handleAll,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';
import { cache } from '../../lib/cache/index.ts';
import { bulkhead, type ResilientOptions, resilient } from '../../lib/index.ts';
import type { Case, OneCall } from '../measure.ts';

const work = async (): Promise<number> => 1;
const fail = async (): Promise<number> => {
  throw new Error('down');
};
const quietly =
  (call: () => Promise<unknown>): OneCall =>
  () =>
    call().catch(() => undefined);

/** Makes calls of a library: of `work`, or of what never ends where it is asked to hang. */
type Library = () => (hangs?: boolean) => Promise<unknown>;

const never = (): Promise<number> => new Promise(() => {});
const job = (hangs = false) => (hangs ? never() : work());

/** A policy of fibrin with timeout, retry, breaker and fallback. */
const fibrinWith = (more: Partial<ResilientOptions<number>> = {}) =>
  resilient<number>({
    name: 'work',
    totalTimeoutMs: 10_000,
    attemptTimeoutMs: 1_000,
    retry: { maxAttempts: 3 },
    breaker: {},
    fallback: () => 0,
    ...more,
  });

/** What cockatiel puts around the breaker, and that: not wrapped yet, since a policy in a policy costs more. */
const cockatielParts = () =>
  [
    fallback(handleAll, 0),
    retry(handleAll, { maxAttempts: 3 }),
    circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
  ] as const;
const attemptTimeout = () => timeout(1_000, TimeoutStrategy.Aggressive);

/** Each protects with timeout, retry, breaker and fallback, as far as it has them. */
const LIBRARIES: Readonly<Record<string, Library>> = {
  'bare async function': () => () => work(),
  fibrin() {
    const policy = fibrinWith();
    return (hangs) => policy.execute(() => job(hangs));
  },
  cockatiel() {
    const policy = wrap(...cockatielParts(), attemptTimeout());
    return (hangs) => policy.execute(() => job(hangs));
  },
  opossum() {
    const breaker = new CircuitBreaker(job, { timeout: 1_000, rollingPercentilesEnabled: false });
    breaker.fallback(() => 0);
    return (hangs) => breaker.fire(hangs);
  },
};

export const COMPOSED: readonly Case[] = Object.entries(LIBRARIES).map(([name, library]) => ({
  name,
  make() {
    const call = library();
    return () => call();
  },
}));

/** The same while another call of the policy is in flight. A round takes less than the second that it may hang. */
export const BESIDE_ANOTHER: readonly Case[] = Object.entries(LIBRARIES).map(([name, library]) => ({
  name,
  make() {
    const call = library();
    call(true).catch(() => undefined);
    return () => call();
  },
}));

const SLOTS = 10;

/** With a bulkhead too, which of the others only cockatiel has beside the rest. */
export const FIVE: readonly Case[] = [
  {
    name: 'fibrin',
    make() {
      const policy = fibrinWith({ bulkhead: bulkhead({ limit: SLOTS }) });
      return () => policy.execute(() => work());
    },
  },
  {
    name: 'cockatiel',
    make() {
      const policy = wrap(...cockatielParts(), cockatielBulkhead(SLOTS), attemptTimeout());
      return () => policy.execute(() => work());
    },
  },
];

const KEY = 'user-7';
const USER = Object.freeze({ id: 'user-7', name: 'Ada' });

/** Each has the value in memory. */
export const IN_MEMORY: readonly Case[] = [
  {
    name: 'bare Map lookup',
    make() {
      const values = new Map([[KEY, USER]]);
      const lookUp = async (key: string) => values.get(key);
      return () => lookUp(KEY);
    },
  },
  {
    name: 'cache alone',
    make() {
      const users = cache<typeof USER>({ name: 'users', ttlMs: 3_600_000 });
      users.set(KEY, USER);
      return () => users.execute(() => USER, { key: KEY });
    },
  },
  {
    name: 'fibrin',
    make() {
      const users = cache<typeof USER>({ name: 'users', ttlMs: 3_600_000 });
      users.set(KEY, USER);
      const policy = resilient<typeof USER>({ name: 'users', cache: users });
      return () => policy.execute(() => USER, { key: KEY });
    },
  },
];

/** Each refuses a call, since its breaker is open. */
export const REJECTING: readonly Case[] = [
  {
    name: 'fibrin',
    async make() {
      const policy = resilient<number>({ name: 'work', breaker: { minimumCalls: 1, failureRatio: 0.05 } });
      await policy.outcome(fail);
      await policy.outcome(async () => Promise.reject(Object.assign(new Error('down'), { status: 503 })));
      return quietly(() => policy.execute(work));
    },
  },
  {
    name: 'cockatiel',
    async make() {
      const policy = circuitBreaker(handleAll, {
        halfOpenAfter: 1_000_000,
        breaker: new ConsecutiveBreaker(1),
      });
      await policy.execute(fail).catch(() => undefined);
      return quietly(() => policy.execute(work));
    },
  },
  {
    name: 'opossum',
    async make() {
      const breaker = new CircuitBreaker(work, { timeout: false, resetTimeout: 1_000_000 });
      breaker.open();
      return quietly(() => breaker.fire());
    },
  },
];
