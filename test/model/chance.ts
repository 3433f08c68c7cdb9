import fc, { type Arbitrary } from 'fast-check';
import { ENDING_NAMES } from './endings.ts';
import type { Fate } from './network.ts';
import type { Schedule, Step } from './steps.ts';
import { DAY_MS, LONGEST_WORK_MS, MARGIN_MS, OWNERS, type Setup } from './world.ts';

const some = <T>(weight: number, arbitrary: Arbitrary<T>) => ({ weight, arbitrary });
const mostly = <T>(usual: T, weight: number, ...others: T[]): Arbitrary<T> =>
  fc.oneof(some(weight, fc.constant(usual)), some(1, fc.constantFrom(...others)));

const who = fc.nat(OWNERS - 1);
const packet = fc.nat(5);
const fates = fc.array(
  fc.oneof(
    some(9, fc.constant<Fate>('arrives')),
    some(3, fc.constant<Fate>('travels')),
    some(4, fc.constantFrom<Fate>('lost', 'unanswered', 'refused', 'cut', 'resent', 'echoed')),
  ),
  { minLength: 1, maxLength: 3 },
);

const begin: Arbitrary<Step> = fc.record({
  do: fc.constant('begin'),
  who,
  user: mostly('anna', 6, 'ben'),
  payload: mostly('tea', 9, 'coffee'),
  remainingMs: fc.constantFrom(LONGEST_WORK_MS, 400),
  isDurable: mostly(false, 2, true),
  fates,
});
const complete: Arbitrary<Step> = fc.record({
  do: fc.constant('complete'),
  who,
  insists: mostly(false, 5, true),
  fates,
});
const fail: Arbitrary<Step> = fc.record({
  do: fc.constant('fail'),
  who,
  ending: fc.constantFrom(...ENDING_NAMES),
  happened: fc.boolean(),
  fates,
});

/** Within the time of an invocation. */
const briefly = fc.constantFrom(20, 300, 1_000, 2_900);
/** Past a lease: of a short run, of a long one, and with the margin on top. */
const long = fc.constantFrom(5_500, 8_001, 10_600);
/** About a retention. */
const veryLong = fc.constantFrom(19_000, 26_000);

const stepWith = (ends: number, waits: Arbitrary<number>): Arbitrary<Step> =>
  fc.oneof(
    some(8, begin),
    some(2 * ends, complete),
    some(2 * ends, fail),
    some(1, fc.record({ do: fc.constantFrom('markUnknown', 'crash'), who })),
    some(6, fc.record({ do: fc.constant('arrive'), packet })),
    some(1, fc.record({ do: fc.constantFrom('lose', 'double'), packet })),
    some(5, fc.record({ do: fc.constant('wait'), ms: waits })),
    some(1, fc.record({ do: fc.constantFrom('remove', 'free') })),
  );

const scheduleOf = (step: Arbitrary<Step>): Arbitrary<Schedule> =>
  fc.array(step, { minLength: 15, maxLength: 40, size: 'max' });

/** Any two clocks differ by the margin at most. */
const skewMs = fc.oneof(
  fc.constantFrom(-MARGIN_MS / 2, MARGIN_MS / 2),
  fc.integer({ min: -MARGIN_MS / 2, max: MARGIN_MS / 2 }),
);

const skewsMs = fc.array(skewMs, { minLength: OWNERS + 1, maxLength: OWNERS + 1 });
/** One of the sandboxes has a clock that is set wrong. */
const skewsAstrayMs = fc
  .tuple(skewsMs, who, fc.constantFrom(-DAY_MS, DAY_MS))
  .map(([ms, one, off]) => ms.with(one, (ms[one] ?? 0) + off));

const setupWith = (kills: Arbitrary<boolean>, skews = skewsMs): Arbitrary<Setup> =>
  fc.record({
    kills,
    skewsMs: skews,
    onUnknownOutcome: fc.constantFrom('rerun', 'hold'),
    waitMs: mostly(0, 2, 1_500),
    caches: mostly(false, 2, true),
    isFreed: fc.boolean(),
  });

/** About how long a lease is believed. */
const longest = fc.constantFrom(13_900, 14_001, 904_900, 905_001);

/** Hosts that kill what has had its time, and hosts on which runs go on for so long that they are overtaken. */
const ofKillers = fc.tuple(
  setupWith(fc.constant(true)),
  scheduleOf(stepWith(2, fc.oneof(some(6, briefly), some(3, long), some(1, veryLong)))),
);
const ofOthers = fc.tuple(
  setupWith(fc.constant(false)),
  scheduleOf(stepWith(1, fc.oneof(some(2, briefly), some(6, long), some(1, veryLong)))),
);
/** Hosts of either kind, one of them with a clock that is set wrong. */
const ofClocks = fc.tuple(
  setupWith(fc.boolean(), skewsAstrayMs),
  scheduleOf(stepWith(1, fc.oneof(some(1, briefly), some(1, long), some(4, longest)))),
);

export const cases: Arbitrary<readonly [Setup, Schedule]> = fc.oneof(
  some(2, ofKillers),
  some(2, ofOthers),
  some(1, ofClocks),
);
