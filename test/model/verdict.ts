/** What must hold whatever the schedule. */
const INVARIANTS = {
  repeated: 'an effect that was acknowledged does not happen again within its retention',
  mixed: 'no caller gets the result of another caller, of another request or of another run',
  twice:
    'what may have happened does not happen again: with hold until a person frees the key, with rerun within its lease',
  overlapping: 'no two runs of a key are at work at once within their leases',
  stuck: 'a key is refused for no longer than a lease, or a retention where it is held, gives reason to',
  held: 'no key is refused for a run that has proved that nothing happened',
  fence: 'the fence of a record never goes down and grows with every run',
  deceived: 'a run that was overtaken is told so, and no other is',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** What cannot be promised with `rerun` where a clock is set wrong: a lease is over when a clock says so. */
export const BY_CLOCK: readonly Invariant[] = ['twice', 'overlapping'];

/** A schedule has broken an invariant. */
export class Violation extends Error {
  override readonly name: string = 'Violation';
  readonly invariant: Invariant;
  constructor(invariant: Invariant, what: string) {
    super(`${INVARIANTS[invariant]}, but ${what}`);
    this.invariant = invariant;
  }
}

/** Keeps the first thing that went wrong: what is thrown inside of a store the code under test may swallow. */
export interface Referee {
  blame(invariant: Invariant, what: string): void;
  /** An error that no caller of the toolkit can expect. */
  unexpected(error: unknown): void;
  /** @throws the first of all that. */
  rule(): void;
}

/**
 * @param only The one invariant to look at.
 * @param without Those that are not promised.
 */
export function referee(only?: Invariant, without: readonly Invariant[] = []): Referee {
  let first: Error | undefined;
  return {
    blame(invariant, what) {
      if ((only === undefined || only === invariant) && !without.includes(invariant))
        first ??= new Violation(invariant, what);
    },
    unexpected(error) {
      first ??= error instanceof Error ? error : new Error(String(error));
    },
    rule() {
      if (first !== undefined) throw first;
    },
  };
}
