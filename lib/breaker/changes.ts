import type { BreakerEvent } from '../core/breaker-event.ts';
import type { Clock } from '../core/clock.ts';
import { admittedShare } from './shares.ts';
import { asOf, INITIAL, stateName, type Verdict } from './verdict.ts';

/** Hears of events. Never throws. */
export type Tell = (event: BreakerEvent) => void;

/** How a sandbox comes to know of a verdict: it has made it, or has learnt of it. */
export type How = 'self' | 'observed';

/** Is shown a verdict each time that there may be something new about it. */
export type Notice = (verdict: Verdict, how: How) => void;

/** Tells of each change of state once, also of those that nobody writes, since a time was over. */
export function noticeChanges(name: string, clock: Clock, tell: Tell): Notice {
  let known = stateName(INITIAL, clock.now());
  return (verdict, how) => {
    const now = clock.now();
    const from = known;
    const to = stateName(verdict, now);
    // Between two probes of a row it is open for a moment, which nobody has to hear of.
    const isBetween = from === 'half-open' && to === 'open' && !verdict.isProbing && verdict.successes > 0;
    if (to === from || isBetween) return;
    known = to;
    const share = admittedShare(asOf(verdict, now), now);
    tell({ kind: 'breaker-state', name, from, to, origin: how, admittedFraction: share });
  };
}
