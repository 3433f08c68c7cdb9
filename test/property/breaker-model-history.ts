import { PROBES } from '../../lib/breaker/fleet.ts';
import { asOf, INITIAL, type Verdict } from '../../lib/breaker/verdict.ts';

export type Ends = 'well' | 'failed' | 'nothing';

export type Invariant =
  | 'versions grow by one'
  | 'epochs never go back'
  | 'one probe under a claim'
  | 'only the holder tells'
  | 'late probers do not close'
  | 'as many successes as needed'
  | 'an open breaker is not called through'
  | 'what is forced wins'
  | 'evidence is what was reported'
  | 'callers see no store'
  | 'never stuck';

export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: Invariant;
  constructor(invariant: Invariant, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

/** A claim of the probe, as it was written. */
interface Claim {
  readonly version: number;
  readonly holder: object;
  readonly claimedAt: number;
  ended?: Ends;
  isTold: boolean;
}

export const KINDS = ['trips', 'claims', 'takeovers', 'closings', 'late probes', 'calls alone'] as const;
export type Counts = Record<(typeof KINDS)[number], number>;

/** What one sandbox has been answered. */
export interface Witness {
  told: Verdict;
  /** The version of a claim of its own under which no call has been made yet. */
  claim: number | undefined;
  /** Accesses that have failed since the last one that did not. */
  troubles: number;
}
export const newWitness = (): Witness => ({ told: INITIAL, claim: undefined, troubles: 0 });

/** The history of the store in the plainest words: every write that was applied is held against what was promised. */
export function newHistory(openMs: number, counts: Counts) {
  const broken: Violation[] = [];
  /** Since it opened. */
  let claims: Claim[] = [];
  const say = (invariant: Invariant, detail: string) => void broken.push(new Violation(invariant, detail));
  const count = (kind: keyof Counts) => {
    counts[kind]++;
  };

  const successes = (closing: Claim): number => {
    let row = 0;
    for (const claim of claims.toReversed()) {
      const isTold = claim.isTold || claim === closing;
      if (isTold && claim.ended === 'well') row++;
      else if (!(isTold && claim.ended === 'nothing')) break;
    }
    return row;
  };
  const claimed = (holder: object, at: number, version: number) => {
    const last = claims.at(-1);
    if (last && !last.isTold) {
      count('takeovers');
      if (at - last.claimedAt < openMs)
        say('one probe under a claim', `${last.version} has not had its time when ${version} claims`);
    }
    count('claims');
    claims.push({ version, holder, claimedAt: at, isTold: false });
  };
  const told = (who: object, at: number, before: Verdict, next: Verdict) => {
    const claim = claims.find(({ version }) => version === before.version);
    if (!before.isProbing || claim?.holder !== who)
      return say('only the holder tells', `${before.version} became ${next.state} by somebody else`);
    if (next.state === 'closed') {
      count('closings');
      if (at >= before.until) say('late probers do not close', `${at - before.until} ms after its claim`);
      const row = successes(claim);
      if (row < PROBES) say('as many successes as needed', `closed after ${row}`);
    }
    claim.isTold = true;
  };
  const openWritten = (who: object, at: number, before: Verdict, next: Verdict) => {
    if (next.state === 'open' && next.epoch > before.epoch)
      say('epochs never go back', 'open opened once more');
    else if (next.isProbing) claimed(who, at, next.version);
    else told(who, at, before, next);
  };

  return {
    broken,
    say,
    /** @param who The sandbox; undefined for a person. @param at When it asked for it, by its own clock. */
    written(who: object | undefined, at: number, before: Verdict, next: Verdict): void {
      if (next.version !== before.version + 1)
        say('versions grow by one', `${before.version} became ${next.version}`);
      if (next.epoch < before.epoch) say('epochs never go back', `${before.epoch} became ${next.epoch}`);
      const was = asOf(before, at);
      if (who === undefined) claims = [];
      else if (was.state === 'open') openWritten(who, at, before, next);
      else if (was.state !== 'closed' && next.state !== before.state)
        say('what is forced wins', `${was.state} became ${next.state}`);
      else if (next.state === 'open') {
        count('trips');
        claims = [];
      }
    },
    /** A sandbox makes a call. Gives the version of the claim under which it is the probe. */
    called(witness: Witness, now: number): number | undefined {
      const { told: raw } = witness;
      const { state, version, until } = asOf(raw, now);
      if (state === 'forced-open') say('what is forced wins', 'a call is made while it is forced open');
      if (state !== 'open') return undefined;
      if (witness.claim === version) {
        witness.claim = undefined;
        return version;
      }
      if (now >= until && witness.troubles > 0) count('calls alone');
      else say('an open breaker is not called through', `version ${version}, ${until - now} ms too soon`);
      return undefined;
    },
    ended(version: number, ends: Ends): void {
      const claim = claims.find((one) => one.version === version);
      if (claim) claim.ended = ends;
      if (claim !== claims.at(-1)) count('late probes');
    },
  };
}
export type History = ReturnType<typeof newHistory>;
