import {
  JITTER,
  RELAPSE_FACTOR,
  RELAPSE_MS,
  SCHEMA_VERSION,
  SHARED_PROBES,
} from '../../../lib/breaker/constants.ts';
import { failuresNeeded } from '../../../lib/breaker/rule.ts';
import { readState, type StoredState } from '../../../lib/breaker/state.ts';
import type { Item } from '../../../lib/core/store.ts';
import type { CallEnd } from './call.ts';
import { type Change, changeOf } from './changes.ts';
import { type Ask, type Claim, MAX_CLAIM_MS } from './claims.ts';
import { type Knowledge, OPEN_MS } from './knowledge.ts';
import type { Occurrence, Occurrences } from './occurrences.ts';
import { Reports } from './reports.ts';
import { type Invariant, Violation } from './violation.ts';

/** By how much near clocks are off at most, to either side. Milliseconds. */
export const NEAR_MS = 2_000;
/** Between what was written and what passes by a near clock, which may be set meanwhile. Milliseconds. */
const TOLERANCE_MS = 2 * NEAR_MS;
/** And between two such clocks. Milliseconds. */
const AGE_TOLERANCE_MS = 4 * NEAR_MS;

const NAMES: Readonly<Record<Change, Occurrence>> = {
  ...({ trip: 'trips', closing: 'closings', rate: 'rates', claim: 'claims' } as const),
  ...({ success: 'successful probes', failure: 'failed probes', release: 'released probes' } as const),
};

const isSameVersion = (one: StoredState, other: StoredState): boolean =>
  one.version === other.version && one.since === other.since;

/** What is to be recorded of a probe: what it came to, or nothing where that comes late. */
function expectedOf({ outcome, known }: Ask, { version }: StoredState): CallEnd {
  const isInTime = known.version === version && known.leftMs > 0;
  return outcome === 'failed' || (outcome === 'succeeded' && isInTime) ? outcome : 'unknown';
}

/** Every write of the state is held against what was promised. */
export class History {
  readonly broken: Violation[] = [];
  readonly reports: Reports = new Reports((invariant, detail) => this.say(invariant, detail));
  /** The claim that the stored state is of. */
  current: Claim | undefined;
  /** Whether no clock is off by more than `NEAR_MS`. */
  isNear = true;
  /** Whether nothing but breakers and operators has changed an item. */
  isUntouched = true;
  /** Whether the stored item was changed without a version of its own. */
  #isAltered = false;
  readonly #occurrences: Occurrences;

  constructor(occurrences: Occurrences) {
    this.#occurrences = occurrences;
  }

  say(invariant: Invariant, detail: string): void {
    this.broken.push(new Violation(invariant, detail));
  }

  count(kind: Occurrence): void {
    this.#occurrences[kind]++;
  }

  /** Whether true times can be compared. */
  get isOrderly(): boolean {
    return this.isNear && this.isUntouched;
  }

  /** An operator has forced the state, or ended that, or has removed the item. */
  operated(): void {
    this.current = undefined;
    this.#isAltered = false;
  }

  /** Something has changed the item. */
  altered(state: StoredState | undefined): void {
    this.isUntouched = false;
    const { current } = this;
    const isSame = state !== undefined && current !== undefined && isSameVersion(state, current.state);
    if (!isSame) this.current = undefined;
    this.#isAltered = true;
  }

  /** An environment asks for a write: it follows from what that knows, or is the record of a probe of its own. */
  asked(knowledge: Knowledge, { call, moment }: Ask, item: Item): void {
    const { state: next } = readState('', item);
    if (next === undefined) {
      this.say('what is written can be read', JSON.stringify(item));
      return;
    }
    const { state, isSure } = knowledge;
    const isRecord = call?.claim !== undefined && next.version === call.claim.state.version + 1;
    if (isRecord || !isSure) return;
    const change = changeOf(state, next);
    const detail = `${next.version} ${next.state} is made of ${state.version} ${state.state}`;
    if (knowledge.isForced(moment)) this.say('overrides win while they last', detail);
    else if (change === 'claim' && knowledge.leftMs(moment) > 0)
      this.say('a probe waits as long as the state says', `${knowledge.leftMs(moment)} ms too soon`);
    else if (change !== 'claim' && change !== 'trip' && change !== 'rate')
      this.say('an environment acts on the newest state that it knows', detail);
  }

  /** A write was applied. Gives the claim that it is. */
  written(ask: Ask, before: Item | undefined, item: Item): Claim | undefined {
    const { state } = readState('', before);
    const { state: next } = readState('', item);
    if (next === undefined) return undefined;
    if (before && before['v'] !== SCHEMA_VERSION)
      this.say('what another version has written is left as it is', JSON.stringify(before));
    // Where there is no version that it is made of, it may be made of what something else had written.
    const isTraceable = !this.#isAltered && (before !== undefined || this.isUntouched);
    const change = state && isTraceable ? this.#changed(ask, state, next) : undefined;
    this.#isAltered = false;
    if (change) this.count(change === 'failure' && !ask.call?.hasEnded ? 'slow probes' : NAMES[change]);
    const isClaim = next.state === 'open' && next.isProbing;
    this.current = isClaim ? { state: next, asked: ask, calls: 0 } : undefined;
    return this.current;
  }

  #changed(ask: Ask, before: StoredState, next: StoredState): Change | undefined {
    if (next.version !== before.version + 1)
      this.say('versions grow by one', `${before.version} became ${next.version}`);
    const change = changeOf(before, next);
    if (change === undefined) {
      // What something else has written may have the version and the beginning of what an environment knows.
      const detail = `${JSON.stringify(before)} became ${JSON.stringify(next)}`;
      if (this.isUntouched) this.say('changes are those of the protocol', detail);
    } else if (change === 'trip') this.#tripped(ask, before, next);
    else if (change === 'claim') this.#claimed(ask, before, next);
    else if (change !== 'rate') this.#recorded(ask, before, change);
    return change;
  }

  #tripped({ moment, trueAt }: Ask, before: StoredState, { until, isRelapse }: StoredState): void {
    const failures = this.reports.failuresIn(before.epoch);
    if (failures < failuresNeeded(0.5))
      this.say('it opens of failures of its own epoch', `${failures} in ${before.epoch}`);
    const ms = (until - moment.wall) / (isRelapse ? RELAPSE_FACTOR : 1);
    if (Math.abs(ms / OPEN_MS - 1) > JITTER + 1e-3)
      this.say('changes are those of the protocol', `it opens for ${ms} ms`);
    if (isRelapse) this.count('relapses');
    if (!this.isOrderly || before.epoch === 0) return;
    const beyondMs = trueAt - before.since - RELAPSE_MS;
    if (isRelapse ? beyondMs > AGE_TOLERANCE_MS : beyondMs < -AGE_TOLERANCE_MS)
      this.say('changes are those of the protocol', `a relapse ${beyondMs} ms late: ${isRelapse}`);
    this.#checkWait(trueAt, before);
  }

  #claimed({ moment, trueAt }: Ask, before: StoredState, { until }: StoredState): void {
    if (before.isProbing) this.count('takeovers');
    if (until - moment.wall > MAX_CLAIM_MS + 1 || until <= moment.wall)
      this.say('changes are those of the protocol', `a claim lasts ${until - moment.wall} ms`);
    if (this.isOrderly) this.#checkWait(trueAt, before);
  }

  /** What lasts until a moment has lasted until then, by a clock that is right. */
  #checkWait(trueAt: number, { state, until, isProbing }: StoredState): void {
    const isOverride = state.startsWith('forced-');
    if (state === 'closed') return;
    // After a probe that failed, its claim need not end.
    const leastMs = isProbing || isOverride ? 0 : MAX_CLAIM_MS - OPEN_MS * (1 - JITTER);
    if (trueAt < until - leastMs - TOLERANCE_MS)
      this.say(
        isOverride ? 'overrides win while they last' : 'a probe waits as long as the state says',
        `${until - trueAt} ms too soon`,
      );
  }

  #recorded(ask: Ask, before: StoredState, change: Change): void {
    const { current } = this;
    if (current === undefined || ask.call?.claim !== current) {
      this.say('only the holder of a claim records its probe', `a ${change} by another one`);
      return;
    }
    if (current.calls === 0) this.count('claims without a call');
    const isSuccess = change === 'success' || change === 'closing';
    if (isSuccess) this.#checkTime(ask, current.asked);
    const recorded = isSuccess ? 'succeeded' : change === 'failure' ? 'failed' : 'unknown';
    const isEnough = change !== 'closing' || before.successes + 1 >= SHARED_PROBES;
    const isRight = recorded === expectedOf(ask, before) || !ask.known.isSure;
    if (!isRight || !isEnough)
      this.say(
        'as many successes close it as are needed',
        `a ${change} after ${before.successes} of a probe that ${ask.outcome}`,
      );
  }

  /** A success came within its claim, by all clocks. */
  #checkTime({ moment, trueAt, known }: Ask, claimed: Ask): void {
    const monotonicMs = moment.monotonic - claimed.moment.monotonic;
    const heldMs = this.isOrderly ? Math.max(trueAt - claimed.trueAt, monotonicMs) : monotonicMs;
    if (heldMs > MAX_CLAIM_MS + TOLERANCE_MS || (known.isSure && known.leftMs <= 0))
      this.say(
        'late probers do not close',
        `${heldMs} ms after the claim, ${-known.leftMs} ms after its end`,
      );
  }
}
