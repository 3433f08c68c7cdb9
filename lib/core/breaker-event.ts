/** The state of a breaker. Half-open: a probe is running. */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';

/** What happened to a circuit breaker, for metrics, traces and logs. */
export type BreakerEvent =
  | {
      readonly kind: 'breaker-state';
      readonly name: string;
      /** As far as this execution environment knew. */
      readonly from: BreakerState;
      readonly to: BreakerState;
      /**
       * `self`: this environment made the change, which one of all does. `observed`: another environment or an operator made it,
       * or it happened by itself when a time had passed.
       */
      readonly origin: 'self' | 'observed';
      /** Fraction of the calls that is admitted from now on. Below 1 right after closing, and then it grows. */
      readonly admittedFraction: number;
      /** How long it makes no probe, waits for one, or is forced. Milliseconds. 0: it is closed, or forced without an end. */
      readonly waitMs: number;
      /** What the call failed with that opened it, or the last probe: a name, code or status. */
      readonly cause?: string;
    }
  | {
      /** A failed call was reported to the shared state, and the counts were compared with `failureRatio`. */
      readonly kind: 'breaker-report';
      readonly name: string;
      /** Reported by all environments in the window: a sample of their calls. */
      readonly calls: number;
      readonly failures: number;
      /** Whether the reported call took longer than `slowCallMs`. */
      readonly slow: boolean;
    }
  | {
      /** The shared state has become unavailable to this environment, whose own breaker decides meanwhile, or available again. */
      readonly kind: 'breaker-store';
      readonly name: string;
      readonly available: boolean;
      /** Why it is not, and what to do about it. */
      readonly reason?: string;
    };
