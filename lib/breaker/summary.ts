import type { BreakerState } from '../core/breaker-event.ts';
import { isoText } from '../core/iso-text.ts';
import type { Moment } from '../core/moment.ts';
import { RELAPSE_MS } from './constants.ts';
import { admittedFraction } from './sampling.ts';
import { type StateNow, type StoredState, stateName, stateNow } from './state.ts';

/** A shared breaker as operators see it. Times are ISO 8601. */
export interface BreakerSummary {
  readonly name: string;
  readonly state: BreakerState;
  /** Why it is not closed, or does not admit all calls. */
  readonly reason: string | null;
  /** What the call failed with that opened it, or the last probe: a name, code or status. */
  readonly cause: string | null;
  readonly epoch: number;
  readonly since: string | null;
  /** Until then it makes no probe, waits for one, or is forced. */
  readonly until: string | null;
  /** How long that is from now. Milliseconds. */
  readonly waitMs: number | null;
  readonly by: string | null;
  /** Calls a second of all environments. Null: not known yet. */
  readonly rate: number | null;
  /** Fraction of the calls that it admits. */
  readonly admittedFraction: number;
}

const seconds = (ms: number): string => `${ms / 1_000} s`;

function reasonOf(stored: StoredState, { kind, waitMs }: StateNow, fraction: number): string | null {
  if (kind !== 'open' && kind !== 'closed') return 'an operator has forced it';
  if (kind === 'closed') return fraction < 1 ? 'has just closed, and admits more calls each second' : null;
  if (waitMs === 0) return 'the next call is a probe';
  if (stored.isProbing) return 'a probe is running';
  return stored.isRelapse
    ? `failed again within ${seconds(RELAPSE_MS)} of closing, so it stays open longer`
    : 'too many calls failed';
}

export function summaryOf(name: string, stored: StoredState, wall: number): BreakerSummary {
  const moment: Moment = { wall, monotonic: 0 };
  const now = stateNow(stored, moment, moment, Infinity);
  const fraction = admittedFraction(stored, now);
  const isBounded = now.waitMs > 0;
  return {
    name,
    state: stateName(stored, now),
    reason: reasonOf(stored, now, fraction),
    cause: stored.cause === '' ? null : stored.cause,
    epoch: stored.epoch,
    since: stored.since > 0 ? isoText(stored.since) : null,
    until: isBounded ? isoText(wall + now.waitMs) : null,
    waitMs: isBounded ? Math.round(now.waitMs) : null,
    by: isBounded && stored.by !== '' ? stored.by : null,
    rate: stored.rate > 0 ? stored.rate : null,
    admittedFraction: fraction,
  };
}
