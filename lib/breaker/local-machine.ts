/**
 * The state of a breaker that one sandbox keeps for itself. Times are of a monotonic clock, in milliseconds; nothing
 * waits for a timer, so a frozen sandbox does no harm.
 */
export type LocalState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number }
  /** By hand, until somebody says otherwise. */
  | { readonly kind: 'forced-open' }
  | { readonly kind: 'forced-closed' }
  /** Probes are made one at a time. One that is not heard of until `leaseUntilMs` keeps the next one waiting no longer. */
  | {
      readonly kind: 'half-open';
      readonly succeeded: number;
      readonly leaseUntilMs: number;
    };

export const CLOSED: LocalState = { kind: 'closed' };

export const opened = (now: number, openMs: number): LocalState => ({ kind: 'open', untilMs: now + openMs });

/** What callers are asked to wait when nobody knows how long: a person decides. */
const FORCED_WAIT_MS = 60_000;

/** What a caller may do: call, make the probe, or nothing for so long. */
export type LocalAdmission = 'call' | 'probe' | { readonly waitMs: number };

export function admitLocally(state: LocalState, now: number): LocalAdmission {
  if (state.kind === 'closed' || state.kind === 'forced-closed') return 'call';
  if (state.kind === 'forced-open') return { waitMs: FORCED_WAIT_MS };
  const freeAt = state.kind === 'open' ? state.untilMs : state.leaseUntilMs;
  return now >= freeAt ? 'probe' : { waitMs: freeAt - now };
}

/** The share of calls that is let through. Probes do not count. */
export const locallyAdmitted = ({ kind }: LocalState): number =>
  kind === 'closed' || kind === 'forced-closed' ? 1 : 0;

/** Probes are made. */
export type HalfOpen = Extract<LocalState, { readonly kind: 'half-open' }>;

/** Somebody makes the probe, and has `leaseMs` for it. */
export function probing(state: LocalState, now: number, leaseMs: number): HalfOpen {
  const succeeded = state.kind === 'half-open' ? state.succeeded : 0;
  return { kind: 'half-open', succeeded, leaseUntilMs: now + leaseMs };
}

/** A probe has ended. Undefined says nothing: the next one may be made at once. */
export function probed(
  { succeeded }: HalfOpen,
  failed: boolean | undefined,
  now: number,
  { openMs, probes }: { readonly openMs: number; readonly probes: number },
): LocalState {
  if (failed) return opened(now, openMs);
  const all = succeeded + (failed === false ? 1 : 0);
  return all >= probes ? CLOSED : { kind: 'half-open', succeeded: all, leaseUntilMs: now };
}
