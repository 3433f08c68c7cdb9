import type { Permit } from '../breaker/permit.ts';
import { sharedBreaker } from '../breaker/shared.ts';
import { stateKey } from '../breaker/state.ts';
import type { CountingStore } from '../core/store.ts';
import { type Guard, type GuardTools, type Leave, type Subject, settle } from './subject.ts';

const NAME = 'dependency';
const KEY = stateKey(NAME);

function guard({ clock, random, store, slowCallMs }: GuardTools): Guard {
  /** Until when this sandbox may probe, once its claim was granted and while that is on its way through the breaker. */
  let grantedUntil: number | undefined;
  const watched: CountingStore = {
    ...store,
    async put(key, item, options) {
      const result = await store.put(key, item, options);
      // Who has given up waiting does not know that its claim was granted, and makes no probe.
      const isGranted = key === KEY && result.applied && item['isProbing'] === true;
      if (isGranted && !options?.signal?.aborted) grantedUntil = Number(item['until']);
      return result;
    },
  };
  const breaker = sharedBreaker({
    ...{ name: NAME, store: watched, clock, random },
    ...(slowCallMs !== undefined && { slowCallMs }),
  });
  const leave = (permit: Permit): Leave => {
    const isProbe = grantedUntil !== undefined && clock.now() < grantedUntil;
    grantedUntil = undefined;
    return { isProbe, settle: (failed, slow = false) => settle(permit, failed, slow) };
  };
  return {
    enter() {
      const acquired = breaker.acquire();
      return acquired instanceof Promise ? acquired.then(leave) : leave(acquired);
    },
  };
}

/** What this package ships. */
export const fibrin: Subject = { key: KEY, guard };
