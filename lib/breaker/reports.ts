import type { Clock } from '../core/clock.ts';
import type { CountingStore } from '../core/store.ts';
import type { Access } from './access.ts';
import type { Tell } from './changes.ts';
import {
  amountsOf,
  evidenceKey,
  expiryOf,
  isBad,
  lastSeconds,
  leastRate,
  newRate,
  newRetryShare,
  type Outcome,
  SLICE_MS,
  sliceOf,
  totalOf,
} from './evidence.ts';
import type { Known } from './known.ts';
import { reportShare } from './shares.ts';
import { publish, trip } from './transitions.ts';
import { asOf, type Verdict } from './verdict.ts';

/** How many reports of failure are needed, and how sure it has to be that they are enough. */
const NEEDED = { leastReports: 10, sure: 2.75 } as const;
/** Of few calls, to be as sure would take minutes. Calls a second. */
const FEW_CALLS = 5;
const NEEDED_OF_FEW = { leastReports: 7, sure: 1 } as const;
/** No ramp takes longer: a slice that begins later shows the rate. */
const RAMP_LIMIT_MS = 5_000;

const neededAt = (rate: number) => (rate > 0 && rate < FEW_CALLS ? NEEDED_OF_FEW : NEEDED);

export interface ReportTools {
  readonly store: CountingStore;
  readonly access: Access;
  readonly known: Known;
  readonly clock: Clock;
  readonly chance: () => number;
  readonly failureRatio: number;
  readonly openMs: number;
  /** Hears what was looked at after a failure was reported. */
  readonly told?: Tell | undefined;
}

/** What the fleet has seen. */
export interface Reports {
  /**
   * Tells the fleet what came of a call, for as many as it stands for, or does not, which the dice decide. Whoever adds a
   * failure looks whether that is enough to open the breaker. Never rejects.
   * @param isSlow Whether the call took longer than it may: for whoever listens, nothing follows from it.
   */
  tell(outcome: Outcome, isSlow: boolean, verdict: Verdict): Promise<void> | undefined;
  /**
   * The rate, where it opened before anybody knew it: what was seen until then tells something. Undefined: the store is in
   * trouble.
   */
  rateOf(verdict: Verdict): Promise<number | undefined>;
}

export function reports(name: string, tools: ReportTools): Reports {
  const { store, access, known, clock, chance, failureRatio, openMs, told } = tools;
  const { ask } = access;
  /** What is left of the share of reports: half of it for each that the store did not take, and back with each it took. */
  let patience = 1;

  const shareOf = (outcome: Outcome, verdict: Verdict, now: number) =>
    reportShare(outcome, verdict, now) * patience;

  const isCurrent = ({ epoch }: Verdict, now: number) => {
    const current = asOf(known.verdict, now);
    return current.epoch === epoch && current.state === 'closed';
  };
  const open = async (verdict: Verdict, now: number) => {
    const attempt = () => known.change(trip(known.verdict, now, { openMs, chance: chance() }));
    // Somebody may just have told the rate, which is no reason not to.
    if (!(await attempt()) && isCurrent(verdict, now)) await attempt();
  };

  const isBadNow = (seconds: ReturnType<typeof lastSeconds>, now: number) => {
    const current = asOf(known.verdict, now);
    const okShare = shareOf('success', current, now);
    return isBad(seconds, { failureRatio, okShare, ...neededAt(current.rate) });
  };

  const report = async (outcome: Outcome, isSlow: boolean, weight: number, verdict: Verdict, now: number) => {
    const failed = outcome === 'failure';
    const slice = sliceOf(now);
    const keyOf = (which: number) => evidenceKey(name, verdict.epoch, which);
    const adding = ask((signal) =>
      store.add(keyOf(slice), amountsOf(outcome, weight, now), { expiresAt: expiryOf(now), signal }),
    );
    // What has just begun has nothing before it.
    const hasBefore = failed && slice * SLICE_MS > verdict.since;
    const before = hasBefore
      ? await ask((signal) => store.get(keyOf(slice - 1), { signal, isEventual: true }))
      : undefined;
    const item = await adding;
    patience = item ? Math.min(1, patience * 2) : patience / 2;
    if (item === undefined || !isCurrent(verdict, now)) return;
    const seconds = failed ? lastSeconds(item, before, now) : undefined;
    if (seconds && told) {
      const { weight: calls, failures } = totalOf(seconds);
      told({ kind: 'breaker-report', name, calls, failures, slow: isSlow });
    }
    if (seconds && isBadNow(seconds, now)) {
      if (known.verdict.rate === 0) {
        // Others may know the rate already, and report successes more rarely than this sandbox thinks.
        await known.look();
        if (!isCurrent(verdict, now) || !isBadNow(seconds, now)) return;
      }
      return open(verdict, now);
    }
    const { since, rate: knownRate, retryShare: knownShare } = asOf(known.verdict, now);
    if (slice * SLICE_MS < since + RAMP_LIMIT_MS) return;
    const rate = newRate(item, now, knownRate) ?? knownRate;
    const retryShare = newRetryShare(item, now, knownShare) ?? knownShare;
    if (rate !== knownRate || retryShare !== knownShare)
      await known.change(publish(known.verdict, { rate, retryShare }));
  };

  return {
    tell(outcome, isSlow, verdict) {
      const now = clock.now();
      const share = shareOf(outcome, verdict, now);
      return chance() < share ? report(outcome, isSlow, 1 / share, verdict, now) : undefined;
    },
    async rateOf({ rate, epoch, since }) {
      if (rate > 0) return rate;
      const seenUnder = evidenceKey(name, epoch - 1, sliceOf(since));
      const seen = await ask(async (signal) => ({
        item: await store.get(seenUnder, { signal, isEventual: true }),
      }));
      return seen && leastRate(seen.item ?? {});
    },
  };
}
