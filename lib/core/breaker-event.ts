/** What the state of a breaker is called. Half-open: a probe is being made. */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'forced-open' | 'forced-closed';

/** What happened to a circuit breaker, for metrics, traces and logs. */
export type BreakerEvent =
  | {
      readonly kind: 'breaker-state';
      readonly name: string;
      /** As far as this sandbox knew. */
      readonly from: BreakerState;
      readonly to: BreakerState;
      /**
       * Whether this sandbox has made the change, which of a whole fleet one does, or has learnt of it: another sandbox has made
       * it, or a person, or it came by itself when a time was over.
       */
      readonly how: 'made' | 'seen';
      /** Which share of the calls is let through from here on. Below 1 where it has just closed: then it grows. Fraction. */
      readonly admittedShare: number;
    }
  | {
      /** A failed call was reported to the fleet, a few of which stand for all, and somebody looked whether they are enough. */
      readonly kind: 'breaker-evidence';
      readonly name: string;
      /** Of the whole fleet in the last ten seconds, estimated from what was reported. */
      readonly calls: number;
      readonly failures: number;
      /** Whether the call that was reported took longer than it may. */
      readonly isSlow: boolean;
    }
  | {
      /** The store has stopped answering this sandbox, or does again. */
      readonly kind: 'breaker-store';
      readonly name: string;
      readonly isAnswering: boolean;
    };
