import type { Admission } from '../breaker/permit.ts';
import { sharedBreaker } from '../breaker/shared.ts';
import { stateKey } from '../breaker/state.ts';
import type { CountingStore } from '../core/store.ts';
import { resilient } from '../policy/resilient.ts';
import { callPermit, type Guard, type GuardTools, type Subject } from './subject.ts';

const NAME = 'dependency';
const KEY = stateKey(NAME);

function guard({ clock, random, store, slowCallMs, maxAttempts = 1 }: GuardTools): Guard {
  /** How long the next call of this environment is the probe for all environments: the store has granted its claim. */
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
  const takeProbe = (): boolean => {
    if (grantedUntil === undefined) return false;
    const isProbe = clock.now() < grantedUntil;
    grantedUntil = undefined;
    return isProbe;
  };
  const breaker = sharedBreaker({
    ...{ name: NAME, store: watched, clock, random },
    ...(slowCallMs !== undefined && { slowCallMs }),
  });
  const admission = (admitted: Admission) =>
    admitted instanceof Error ? admitted : callPermit(admitted, takeProbe());
  const admit = () => {
    const admitted = breaker.admit();
    return admitted instanceof Promise ? admitted.then(admission) : admission(admitted);
  };
  if (maxAttempts === 1) return { admit };
  const policy = resilient<void>({ name: NAME, retry: { maxAttempts }, breaker, clock, random });
  return { admit, execute: (attempt) => policy.execute(() => attempt(takeProbe())) };
}

/** What this package ships. */
export const fibrin: Subject = { key: KEY, guard };
