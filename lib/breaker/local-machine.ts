import { FORCED_WAIT_MS } from './constants.ts';

/**
 * The state of a breaker of one environment. Times are of a monotonic clock, in milliseconds; nothing waits for a timer, so
 * a freeze changes nothing.
 */
export type LocalState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number }
  /** Until it is forced otherwise. */
  | { readonly kind: 'forced-open' }
  | { readonly kind: 'forced-closed' }
  /** Probes are made one at a time. One that has not ended by `leaseUntilMs` no longer keeps the next one waiting. */
  | {
      readonly kind: 'half-open';
      readonly succeeded: number;
      readonly leaseUntilMs: number;
    };

export const CLOSED: LocalState = { kind: 'closed' };

export const opened = (now: number, openMs: number): LocalState => ({ kind: 'open', untilMs: now + openMs });

/** What a caller may do: call, make the probe, or nothing for so long. */
export type LocalAdmission = 'call' | 'probe' | { readonly waitMs: number };

export function admitLocally(state: LocalState, now: number): LocalAdmission {
  if (state.kind === 'closed' || state.kind === 'forced-closed') return 'call';
  if (state.kind === 'forced-open') return { waitMs: FORCED_WAIT_MS };
  const freeAt = state.kind === 'open' ? state.untilMs : state.leaseUntilMs;
  return now >= freeAt ? 'probe' : { waitMs: freeAt - now };
}

/** Fraction of the calls that is admitted. Probes do not count. */
export const locallyAdmitted = ({ kind }: LocalState): number =>
  kind === 'closed' || kind === 'forced-closed' ? 1 : 0;

/** Probes are made. */
export type HalfOpen = Extract<LocalState, { readonly kind: 'half-open' }>;

/** One call probes, and has `leaseMs` for it. */
export function probing(state: LocalState, now: number, leaseMs: number): HalfOpen {
  const succeeded = state.kind === 'half-open' ? state.succeeded : 0;
  return { kind: 'half-open', succeeded, leaseUntilMs: now + leaseMs };
}

/** A probe has ended. Undefined says nothing: the next one may be made at once. */
export function probed(
  { succeeded }: HalfOpen,
  failed: boolean | undefined,
  now: number,
  { openMs, probesToClose }: { readonly openMs: number; readonly probesToClose: number },
): LocalState {
  if (failed) return opened(now, openMs);
  const all = succeeded + (failed === false ? 1 : 0);
  return all >= probesToClose ? CLOSED : { kind: 'half-open', succeeded: all, leaseUntilMs: now };
}
