import type { Clock } from '../core/clock.ts';
import type { CountingStore, Item } from '../core/store.ts';
import type { Access } from './access.ts';
import type { How, Notice } from './changes.ts';
import { type CopyWrite, copyWrite, copyWrites } from './copies.ts';
import { claimShare } from './shares.ts';
import type { Transition } from './transitions.ts';
import { copyKey, INITIAL, readVerdict, type Verdict, verdictKey, writeVerdict } from './verdict.ts';

/** How long a verdict is believed without a reason to doubt it, and while nobody knows the rate. A quarter more or less. */
const REFRESH_MS = 75_000;
const REFRESH_AT_FIRST_MS = 10_000;

/** What one sandbox knows of the verdict, and how it learns and changes it. */
export interface Known {
  readonly verdict: Verdict;
  /** When it was asked for, by the monotonic clock. Before the first time: negative infinity. */
  readonly askedAt: number;
  /** Whether it was asked for so long ago that it should be again. */
  isOld(now: number): boolean;
  /** Asks for it, once for all that want to know at the same time. Never rejects. */
  look(): Promise<void>;
  /** Whether the answer to that has been on its way for longer than a call waits for it. */
  isLate(): boolean;
  /**
   * Whether the change was made. If not, the verdict is what another environment has made of it. Undefined: the store gave no
   * answer, so it may have been made.
   */
  change(transition: Transition): Promise<boolean | undefined>;
}

interface View {
  readonly verdict: Verdict;
  readonly askedAt: number;
  readonly refreshMs: number;
}

export interface KnownTools {
  readonly store: CountingStore;
  readonly access: Access;
  readonly clock: Clock;
  readonly chance: () => number;
  /** Is shown each verdict that becomes known. Never throws. */
  readonly notice?: Notice | undefined;
}

/**
 * The verdict stands in one item, which alone decides. Where the fleet is too large to read one item, each change is
 * copied to a few more, and a look is at any of them. A copy that was missed is mended by whoever notices.
 */
export function known(name: string, { store, access, clock, chance, notice }: KnownTools): Known {
  const { ask } = access;
  const keyOf = (copy: number) => (copy === 0 ? verdictKey(name) : copyKey(name, copy));

  const viewOf = (verdict: Verdict, askedAt: number): View => ({
    verdict,
    askedAt,
    refreshMs: (verdict.rate > 0 ? REFRESH_MS : REFRESH_AT_FIRST_MS) * (0.75 + 0.5 * chance()),
  });
  let view = viewOf(INITIAL, -Infinity);
  let looking: { readonly answer: Promise<void>; readonly since: number } | undefined;
  /** What has been on its way for longer than any answer is waited for, a freeze has cut off. */
  const onItsWay = () =>
    looking && clock.monotonic() - looking.since < access.limitMs ? looking : undefined;
  const hold = (verdict: Verdict, askedAt: number, how: How = 'observed') => {
    view = viewOf(verdict, askedAt);
    notice?.(verdict, how);
  };

  /**
   * What the store says for certain is believed whatever it is, since somebody may have removed the item; but not where more
   * has become known since it was asked for.
   */
  const adopt = (verdict: Verdict, askedAt: number, seen: View, how?: How) => {
    if (view === seen || verdict.version >= view.verdict.version) hold(verdict, askedAt, how);
  };
  /** An item of a version that this one does not understand is left alone: the last verdict stands. */
  const verdictIn = (item: Item | undefined) => (item ? (readVerdict(item) ?? view.verdict) : INITIAL);

  const get = async (copy: number, isEventual: boolean) => {
    const found = await ask(async (signal) => ({
      item: await store.get(keyOf(copy), { signal, isEventual }),
    }));
    return found && verdictIn(found.item);
  };
  const mend = ({ key, item, when }: CopyWrite) => ask((signal) => store.put(key, item, { when, signal }));
  const read = async () => {
    const askedAt = clock.monotonic();
    const seen = view;
    const copy = Math.floor(chance() * seen.verdict.items);
    const verdict = await get(copy, true);
    if (verdict === undefined || verdict.version >= view.verdict.version) {
      if (verdict) hold(verdict, askedAt);
      return;
    }
    // Older than what is known: an answer from a moment ago, a copy that was missed, or somebody has removed the item.
    const { rate } = view.verdict;
    if (chance() >= claimShare(rate, rate > 0 ? 0 : askedAt - seen.askedAt)) return;
    if (copy > 0) return void (await mend(copyWrite(name, view.verdict, copy)));
    const certain = await get(0, false);
    if (certain) adopt(certain, askedAt, seen);
  };

  return {
    get verdict() {
      return view.verdict;
    },
    get askedAt() {
      return view.askedAt;
    },
    isOld: (now) => now - view.askedAt > view.refreshMs,
    look() {
      const same = onItsWay();
      if (same) return same.answer;
      const answer = read().finally(() => {
        if (looking?.answer === answer) looking = undefined;
      });
      looking = { answer, since: clock.monotonic() };
      return answer;
    },
    isLate: () => clock.monotonic() - (onItsWay()?.since ?? Infinity) >= access.timeoutMs,
    async change({ next, when }) {
      const askedAt = clock.monotonic();
      const seen = view;
      const result = await ask((signal) => store.put(keyOf(0), writeVerdict(next), { when, signal }));
      if (result === undefined) return undefined;
      const how = result.applied ? 'self' : 'observed';
      adopt(result.applied ? next : verdictIn(result.current), askedAt, seen, how);
      if (!result.applied) return false;
      await Promise.all(copyWrites(name, next).map(mend));
      return true;
    },
  };
}
