import { StoreError } from '../core/errors.ts';
import type { Scenario } from './scenario.ts';
import { timesOf } from './times.ts';
import type { World } from './world.ts';

/** In which way a store fails: it gives no answer, refuses the connection, throttles each request, or is slow. */
export const STORE_FAULTS = ['silent', 'refused', 'throttled', 'slow'] as const;
export type StoreFault = (typeof STORE_FAULTS)[number];

/** When the store fails: milliseconds from the onset on. */
export interface StoreOutage {
  readonly fromMs: number;
  readonly toMs: number;
  /** Default `silent`. */
  readonly kind?: StoreFault;
}

/** A request that takes its way at such a moment. Milliseconds. */
const REFUSED_AFTER_MS = 1;
const THROTTLED_AFTER_MS = 5;
const SLOW_BY_MS = 2_000;

/** In which way the store fails at this moment, if it does. */
export const storeFaultAt = (scenario: Scenario, now: number): StoreFault | undefined => {
  const { storeOutage } = scenario;
  const sinceOnset = now - timesOf(scenario).onsetMs;
  if (!storeOutage || sinceOnset < storeOutage.fromMs || sinceOnset >= storeOutage.toMs) return undefined;
  return storeOutage.kind ?? 'silent';
};

const later = (virtual: World, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    virtual.at(virtual.now + delayMs, () => {
      virtual.wake();
      resolve();
    });
  });

async function fails(virtual: World, afterMs: number, message: string): Promise<never> {
  await later(virtual, afterMs);
  throw new StoreError(`simulated: ${message}`, { retryable: true });
}

/** What comes of a request to a store that answers, but not as it should. */
export async function serveBadly<R>(
  fault: Exclude<StoreFault, 'silent'>,
  serve: () => Promise<R>,
  virtual: World,
): Promise<R> {
  if (fault === 'refused') return fails(virtual, REFUSED_AFTER_MS, 'connection refused');
  if (fault === 'throttled') return fails(virtual, THROTTLED_AFTER_MS, 'throttled');
  // It is applied on the way, whether or not its caller still waits.
  await later(virtual, SLOW_BY_MS / 2);
  const answer = await serve();
  await later(virtual, SLOW_BY_MS / 2);
  return answer;
}
