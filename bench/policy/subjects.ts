import {
  ConsecutiveBreaker,
  circuitBreaker,
  fallback,
  handleAll,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import CircuitBreaker from 'opossum';
import { resilient } from '../../lib/index.ts';
import type { Case, OneCall } from '../measure.ts';

const work = async (): Promise<number> => 1;
const fail = async (): Promise<number> => {
  throw new Error('down');
};
const quietly =
  (call: () => Promise<unknown>): OneCall =>
  () =>
    call().catch(() => undefined);

/** Each protects with timeout, retry, breaker and fallback, as far as it has them. */
export const COMPOSED: readonly Case[] = [
  { name: 'bare async function', make: () => () => work() },
  {
    name: 'fibrin',
    make() {
      const policy = resilient<number>({
        name: 'work',
        totalTimeoutMs: 10_000,
        attemptTimeoutMs: 1_000,
        retry: { maxAttempts: 3 },
        breaker: {},
        fallback: () => 0,
      });
      return () => policy.execute(work);
    },
  },
  {
    name: 'cockatiel',
    make() {
      const policy = wrap(
        fallback(handleAll, 0),
        retry(handleAll, { maxAttempts: 3 }),
        circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
        timeout(1_000, TimeoutStrategy.Aggressive),
      );
      return () => policy.execute(work);
    },
  },
  {
    name: 'opossum',
    make() {
      const breaker = new CircuitBreaker(work, { timeout: 1_000, rollingPercentilesEnabled: false });
      breaker.fallback(() => 0);
      return () => breaker.fire();
    },
  },
];

/** Each refuses a call, since its breaker is open. */
export const REJECTING: readonly Case[] = [
  {
    name: 'fibrin',
    async make() {
      const policy = resilient<number>({ name: 'work', breaker: { minimumCalls: 1 } });
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
