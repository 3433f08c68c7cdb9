import { fleetBreaker } from '../breaker/fleet.ts';
import type { BreakerStore } from '../breaker/options.ts';
import { verdictKey } from '../breaker/verdict.ts';
import type { Guard, GuardTools, Leave, Subject } from './subject.ts';

const NAME = 'dependency';
const KEY = verdictKey(NAME);

function guard({ clock, random, store, slowCallMs }: GuardTools): Guard {
  /** Until when this sandbox may probe, once its claim was granted and while that is on its way through the breaker. */
  let grantedUntil: number | undefined;
  const watched: BreakerStore = {
    ...store,
    async put(key, item, options) {
      const result = await store.put(key, item, options);
      // Who has given up waiting does not know that its claim was granted, and makes no probe.
      const isGranted = key === KEY && result.applied && item['isProbing'] === true;
      if (isGranted && !options?.signal?.aborted) grantedUntil = Number(item['until']);
      return result;
    },
  };
  const breaker = fleetBreaker(
    { name: NAME, clock, random, ...(slowCallMs !== undefined && { slowCallMs }) },
    watched,
  );
  const leave = (permit: Leave): Leave => {
    if (grantedUntil === undefined) return permit;
    const isProbe = clock.now() < grantedUntil;
    grantedUntil = undefined;
    return { isProbe, settle: (failed, slow) => permit.settle(failed, slow) };
  };
  return {
    enter() {
      const entered = breaker.enter();
      return entered instanceof Promise ? entered.then(leave) : entered;
    },
  };
}

/** What this package ships. */
export const fibrin: Subject = { key: KEY, guard };
