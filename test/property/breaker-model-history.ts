import { PROBES } from '../../lib/breaker/permits.ts';
import { asOf, INITIAL, type Verdict } from '../../lib/breaker/verdict.ts';

export type Ends = 'well' | 'failed' | 'nothing';

export type Invariant =
  | 'versions grow by one'
  | 'epochs never go back'
  | 'one probe under a claim'
  | 'only the holder tells'
  | 'late probers do not close'
  | 'late probers do not call'
  | 'as many successes as needed'
  | 'an open breaker is not called through'
  | 'what is forced wins'
  | 'it opens of failures of its own epoch'
  | 'the counts are what was reported'
  | 'callers see no store'
  | 'nothing is rejected unheard'
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
  readonly until: number;
  ended?: Ends;
  isCalled: boolean;
  isTold: boolean;
}

const KINDS = [
  ...(['trips', 'claims', 'takeovers', 'closings', 'late probes', 'calls alone'] as const),
  ...(['slow probes', 'claims for nothing', 'calls given up', 'removals'] as const),
];
type Kind = (typeof KINDS)[number];
export type Counts = Record<Kind, number>;
export const noCounts = (): Counts => Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Counts;

/** What one sandbox has been answered. */
export interface Witness {
  told: Verdict;
  /** Whether that is all that it can know: not since somebody has removed the item, until it hears of more than before. */
  isSure: boolean;
  /** Accesses that have failed since the last one that did not. */
  troubles: number;
}
export const newWitness = (): Witness => ({ told: INITIAL, isSure: true, troubles: 0 });

/** When something was written, by the clock of who did it: and the latest that one had shown, since it may be set back. */
interface Moment {
  readonly now: number;
  readonly latest: number;
}

/** Fewer failures are never enough, whatever the rate. */
const LEAST_FAILURES = 5;

/** The history of the store in the plainest words: every write that was applied is held against what was promised. */
export function newHistory(openMs: number, counts: Counts) {
  const broken: Violation[] = [];
  /** Since it opened. */
  let claims: Claim[] = [];
  const failures = new Map<number, number>();
  const say = (invariant: Invariant, detail: string) => void broken.push(new Violation(invariant, detail));
  const count = (kind: Kind) => {
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
  const claimed = (holder: object, at: number, { version, until }: Verdict) => {
    const last = claims.at(-1);
    if (last && !last.isTold) {
      count('takeovers');
      if (at - last.claimedAt < openMs)
        say('one probe under a claim', `${last.version} has not had its time when ${version} claims`);
    }
    count('claims');
    claims.push({ version, holder, claimedAt: at, until, isCalled: false, isTold: false });
  };
  const told = (who: object, at: number, before: Verdict, next: Verdict) => {
    const claim = claims.find(({ version }) => version === before.version);
    if (!before.isProbing || claim?.holder !== who)
      return say('only the holder tells', `${before.version} became ${next.state} by somebody else`);
    if (claim.ended === undefined) {
      // Nobody was called, or the call has not ended and is slow.
      claim.ended = claim.isCalled ? 'failed' : 'nothing';
      count(claim.isCalled ? 'slow probes' : 'claims for nothing');
    }
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
    else if (next.isProbing) claimed(who, at, next);
    else told(who, at, before, next);
  };

  return {
    broken,
    say,
    count,
    /** @param who The sandbox; undefined for a person. @param at When it asked for it. */
    written(who: Witness | undefined, at: Moment, before: Verdict, next: Verdict): void {
      if (next.version !== before.version + 1)
        say('versions grow by one', `${before.version} became ${next.version}`);
      if (next.epoch < before.epoch) say('epochs never go back', `${before.epoch} became ${next.epoch}`);
      const was = asOf(before, at.latest);
      if (who === undefined) claims = [];
      else if (was.state === 'open') openWritten(who, at.now, before, next);
      else if (was.state !== 'closed' && next.state !== before.state)
        say('what is forced wins', `${was.state} became ${next.state}`);
      else if (next.state === 'open') {
        count('trips');
        claims = [];
        const seen = failures.get(before.epoch) ?? 0;
        if (seen < LEAST_FAILURES)
          say('it opens of failures of its own epoch', `${seen} were reported in ${before.epoch}`);
      }
    },
    /** Somebody has removed the item. The evidence stays where it is. */
    removed(): void {
      count('removals');
      claims = [];
    },
    reported(epoch: number, amounts: Readonly<Record<string, number>>): void {
      const isFailure = Object.keys(amounts).some((name) => name.startsWith('f'));
      if (isFailure) failures.set(epoch, (failures.get(epoch) ?? 0) + 1);
    },
    /** A sandbox makes a call. @param claimed The version of its claim, where it has made one. */
    called(witness: Witness, now: number, claimed: number | undefined): void {
      const claim = claims.find(({ version, holder }) => version === claimed && holder === witness);
      if (claimed !== undefined) {
        if (claim) claim.isCalled = true;
        if (claim && now >= claim.until)
          say('late probers do not call', `${now - claim.until} ms after its claim`);
        return;
      }
      if (!witness.isSure) return;
      const { state, version, until } = asOf(witness.told, now);
      if (state === 'forced-open') say('what is forced wins', 'a call is made while it is forced open');
      if (state !== 'open') return;
      if (now >= until && witness.troubles > 0) count('calls alone');
      else say('an open breaker is not called through', `version ${version}, ${until - now} ms too soon`);
    },
    /** A call is refused by a sandbox that was told so much when it began. */
    refused({ told: known, isSure }: Pick<Witness, 'told' | 'isSure'>, now: number): void {
      if (isSure && asOf(known, now).state === 'forced-closed')
        say('what is forced wins', 'a call is refused while it is forced closed');
    },
    ended(version: number, ends: Ends): void {
      const claim = claims.find((one) => one.version === version);
      if (claim) claim.ended ??= ends;
      if (claim !== claims.at(-1)) count('late probes');
    },
  };
}
export type History = ReturnType<typeof newHistory>;
