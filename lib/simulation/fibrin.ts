import { sharedBreaker } from '../breaker/shared.ts';
import { stateKey } from '../breaker/state.ts';
import type { Clock } from '../core/clock.ts';
import type { CountingStore } from '../core/store.ts';
import { resilient } from '../policy/resilient.ts';
import { callPermit, type Guard, type GuardTools, type Subject } from './subject.ts';

const NAME = 'dependency';
const KEY = stateKey(NAME);

/** Finds out which calls are probes for all environments: those whose claim the store has granted. */
function claims(store: CountingStore, clock: Clock) {
  /** How long the next call of this environment is the probe. */
  let grantedUntil: number | undefined;
  const watched: CountingStore = {
    ...store,
    async put(key, item, options) {
      const result = await store.put(key, item, options);
      // A caller that no longer waits does not know that its claim was granted, and makes no probe.
      const isGranted = key === KEY && result.applied && item['isProbing'] === true;
      if (isGranted && !options?.signal?.aborted) grantedUntil = Number(item['until']);
      return result;
    },
  };
  const take = (): boolean => {
    const isProbe = grantedUntil !== undefined && clock.now() < grantedUntil;
    grantedUntil = undefined;
    return isProbe;
  };
  return { watched, take };
}

function guard({ clock, random, store, slowCallMs, maxAttempts = 1 }: GuardTools): Guard {
  const { watched, take } = claims(store, clock);
  const breaker = sharedBreaker({
    ...{ name: NAME, store: watched, clock, random },
    ...(slowCallMs !== undefined && { slowCallMs }),
  });
  const acquire = () => {
    const acquired = breaker.acquire();
    return acquired instanceof Promise
      ? acquired.then((permit) => callPermit(permit, take()))
      : callPermit(acquired, take());
  };
  if (maxAttempts === 1) return { acquire };
  const policy = resilient<void>({ name: NAME, retry: { maxAttempts }, breaker, clock, random });
  return { acquire, execute: (attempt) => policy.execute(() => attempt(take())) };
}

/** What this package ships. */
export const fibrin: Subject = { key: KEY, guard };
