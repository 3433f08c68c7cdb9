import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { uncertainSteps } from '../../cdk/constructs/warm-clock.ts';
import { actionsOf } from '../../cdk/constructs/warm-cron.ts';
import { compileWindows } from '../../cdk/constructs/warm-plan.ts';
import { localClock } from './warm/clocks.ts';
import { CLOCK_CHANGE_RULES } from './warm/cron.ts';
import { expectedLevels, type PlainWindow, withSkipped } from './warm/expected.ts';
import { type Deployed, START_MINUTES, WarmModel } from './warm/model.ts';
import { type Conditions, type Period, PLAIN, runMinute, Timetable } from './warm/simulate.ts';

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
const DAY = 24 * 60;
const LEAD = 10;
const STEP = 5;
/**
 * A level begins this much before its window, or ends after it, at the most: the two hours in which New York's clocks change, one of them
 * twice, and two that no clock knows between hemispheres; and a step at either side.
 */
const MAX_EXTRA_MINUTES = 3 * 60 + 2 * 60 + 2 * STEP;

const period = (from: string, days: number): Period => ({
  startMs: Date.parse(`${from}T00:00Z`),
  minutes: days * DAY,
});
/** Four days around each change of the clocks of one of the zones, both ways, and a week without. */
const PERIODS = [
  period('2026-03-07', 3), // New York goes on, 8 March
  period('2026-03-28', 3), // Berlin goes on, 29 March
  period('2026-04-04', 3), // Lord Howe goes back, 5 April
  period('2026-10-03', 3), // Lord Howe goes on, 4 October
  period('2026-10-24', 3), // Berlin goes back, 25 October
  period('2026-10-31', 3), // New York goes back, 1 November
  period('2027-01-09', 7),
];

const time = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** Every third begins or ends in the hours in which clocks change. */
const minutes = fc.oneof(
  { weight: 1, arbitrary: fc.nat(DAY - 1) },
  { weight: 1, arbitrary: fc.nat(DAY / 30 - 1).map((half) => half * 30) },
  { weight: 1, arbitrary: fc.integer({ min: 50, max: 200 }) },
);

const windows: fc.Arbitrary<PlainWindow> = fc
  .record({
    days: fc.subarray(['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'], { minLength: 1 }),
    from: minutes,
    to: fc.oneof(minutes, fc.constant(DAY)),
    environments: fc.integer({ min: 1, max: 50 }),
    timeZone: fc.constantFrom(...ZONES),
  })
  .filter(({ from, to }) => from !== to)
  .map(({ from, to, ...rest }) => ({ ...rest, from: time(from), to: time(to) }));

const sets = fc.record({
  windows: fc.array(windows, { maxLength: 5 }),
  floor: fc.constantFrom(0, 0, 1, 3),
});
type WindowSet = typeof sets extends fc.Arbitrary<infer T> ? T : never;

const conditions: fc.Arbitrary<Conditions> = fc.record({
  rule: fc.constantFrom(...CLOCK_CHANGE_RULES),
  lateMinutes: fc.integer({ min: 0, max: 2 }),
  reversed: fc.boolean(),
});

const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** As the construct deploys it, without the construct. */
function deployedFor({ windows: given, floor }: WindowSet, version: string): Deployed {
  const checked = given.map(({ from, to, ...rest }) => ({
    ...rest,
    fromMinute: minuteOf(from),
    toMinute: minuteOf(to),
  }));
  const actions = actionsOf(compileWindows(checked, floor, LEAD)).map(({ environments, ...rest }) => ({
    ...rest,
    min: environments,
    max: environments,
  }));
  const levels = actions.map(({ min }) => min);
  return { version, target: { min: Math.min(...levels), max: Math.max(...levels), actions } };
}

interface Run {
  readonly set: WindowSet;
  readonly deployed: Deployed;
  readonly timetable: Timetable;
}

function runOf(set: WindowSet): Run {
  const deployed = deployedFor(set, 'v0');
  return { set, deployed, timetable: new Timetable(deployed.target?.actions ?? []) };
}

/** What was seen in all runs, so that the test can say that it saw something. */
const seen = { sets: 0, minutes: 0, inWindows: 0, deployments: 0, failedActions: 0, mostActions: 0 };

/**
 * Runs a period, with a new version every two hours or so. The first hour, in which the schedule takes hold, does not count.
 * @returns minutes at which fewer environments were ready than windows ask for.
 */
function coldMinutes(
  { set, deployed, timetable }: Run,
  given: Period,
  how: Conditions,
  first: number,
): number {
  const model = new WarmModel();
  const due = timetable.during(given, how);
  const expected = expectedLevels(set.windows, set.floor, given);
  model.deploy(deployed);
  let cold = 0;
  for (let minute = 0; minute < given.minutes; minute += 1) {
    const deploys = minute > 0 && minute % 127 === first;
    const next = deploys ? { ...deployed, version: `v${minute}` } : undefined;
    const { error } = runMinute(model, minute, due(minute), next);
    if (error !== undefined) throw new Error(`deployment at minute ${minute}: ${error}`);
    if (deploys) seen.deployments += 1;
    if (minute < 60) continue;
    const level = expected[minute] ?? 0;
    if (model.warm < level) cold += 1;
    if (level > set.floor) seen.inWindows += 1;
  }
  seen.minutes += given.minutes;
  seen.failedActions += model.failures.length;
  return cold;
}

/** Minutes at which more was kept than windows ask for at any time near. */
function extraMinutes({ set, deployed, timetable }: Run, given: Period): number {
  const model = new WarmModel();
  const due = timetable.during(given, PLAIN);
  const expected = withSkipped(expectedLevels(set.windows, set.floor, given), set.windows, given);
  model.deploy(deployed);
  let extra = 0;
  for (let minute = 0; minute < given.minutes - MAX_EXTRA_MINUTES; minute += 1) {
    runMinute(model, minute, due(minute));
    if (minute < MAX_EXTRA_MINUTES || model.requested <= (expected[minute] ?? 0)) continue;
    const near = expected.subarray(minute - MAX_EXTRA_MINUTES, minute + MAX_EXTRA_MINUTES);
    if (model.requested > Math.max(...near)) extra += 1;
  }
  return extra;
}

/** At which minutes the clock of a window may be skipping or repeating an hour, in which a schedule may state nothing. */
function silence(
  given: readonly PlainWindow[],
  { startMs, minutes: count }: Period,
): (minute: number) => boolean {
  const clocks = [...new Set(given.map(({ timeZone }) => timeZone))].map((timeZone) => ({
    ...localClock(timeZone, startMs, count),
    uncertain: uncertainSteps(timeZone),
  }));
  return (minute) =>
    clocks.some(({ weekMinute, uncertain }) => uncertain.has(Math.floor((weekMinute[minute] ?? 0) / STEP)));
}

/**
 * A period in which a schedule is added, changed, emptied and taken away, at any minutes.
 * @returns what failed: deployments, windows that were cold once the schedule had taken hold, and capacity that was left.
 */
function failuresOfChanges(
  runs: readonly [Run, Run],
  given: Period,
  changes: readonly number[],
): readonly string[] {
  const model = new WarmModel();
  const phases = [...runs, runOf({ windows: [], floor: 0 }), undefined].map((run) => ({
    deployed: run?.deployed ?? { version: 'v0' },
    due: run?.timetable.during(given, PLAIN) ?? (() => []),
    isSilent: silence(run?.set.windows ?? [], given),
    expected: expectedLevels(run?.set.windows ?? [], run?.set.floor ?? 0, given),
  }));
  const starts = changes.toSorted((first, second) => first - second);
  const failures: string[] = [];
  let holdsFrom = 0;
  model.deploy({ version: 'v0' });
  for (let minute = 0; minute < given.minutes; minute += 1) {
    const begun = starts.findLastIndex((start) => start <= minute);
    const phase = phases[begun];
    const deploys = starts[begun] === minute;
    const { error } = runMinute(
      model,
      minute,
      phase?.due(minute) ?? [],
      deploys ? phase?.deployed : undefined,
    );
    if (error !== undefined) failures.push(`deployment at minute ${minute}: ${error}`);
    // A deployment counts from its next step that no change of clocks can touch.
    if (deploys) holdsFrom = minute + STEP + START_MINUTES;
    if (minute <= holdsFrom && phase?.isSilent(minute)) holdsFrom = minute + STEP + START_MINUTES;
    const wanted = phase?.expected[minute] ?? 0;
    if (minute > holdsFrom && model.warm < wanted)
      failures.push(`${model.warm} of ${wanted} ready at minute ${minute}`);
  }
  const [, , emptied = 0, removed = 0] = starts;
  if (removed > emptied + STEP && model.requested > 0) failures.push(`${model.requested} were left`);
  return failures;
}

/** Deployed at 01:26 on a Sunday, for a window that ends at 01:36: from 01:30 on Lord Howe's clocks may be put back. */
const DEPLOYED_WHILE_CLOCKS_MAY_CHANGE: [WindowSet, WindowSet, Period, number[]] = [
  { windows: [], floor: 0 },
  {
    windows: [
      { days: ['SUN'], environments: 1, timeZone: 'Australia/Lord_Howe', from: '00:50', to: '01:36' },
    ],
    floor: 0,
  },
  period('2026-03-07', 3),
  [1, 866, 876, 913],
];

/** 15 s of a processor's time, on a machine that may have others to do. */
vi.setConfig({ testTimeout: 400_000 });

describe('a schedule of warm capacity', () => {
  test('is warm in every minute of every window, through changes of clocks and deployments', () => {
    fc.assert(
      fc.property(sets, conditions, fc.nat(126), (set, how, first) => {
        const run = runOf(set);
        seen.sets += 1;
        seen.mostActions = Math.max(seen.mostActions, run.deployed.target?.actions.length ?? 0);
        for (const given of PERIODS) expect(coldMinutes(run, given, how, first)).toBe(0);
      }),
      { numRuns: 1_000 },
    );
    expect(seen.sets).toBeGreaterThanOrEqual(1_000);
    expect(seen.inWindows).toBeGreaterThan(1_000_000);
    // Deployments did stand in the way of actions.
    expect(seen.failedActions).toBeGreaterThan(100);
  });

  test('keeps nothing that no window near asks for', () => {
    fc.assert(
      fc.property(sets, (set) => {
        const run = runOf(set);
        for (const given of PERIODS) expect(extraMinutes(run, given)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('is added, changed and taken away at any minute, and no deployment fails', () => {
    fc.assert(
      fc.property(
        sets,
        sets,
        fc.constantFrom(...PERIODS),
        fc.uniqueArray(fc.integer({ min: 1, max: 3 * DAY - 60 }), { minLength: 4, maxLength: 4 }),
        (one, other, given, changes) => {
          expect(failuresOfChanges([runOf(one), runOf(other)], given, changes)).toEqual([]);
        },
      ),
      { numRuns: 100, examples: [DEPLOYED_WHILE_CLOCKS_MAY_CHANGE] },
    );
  });
});
