/*
 * What a schedule of warm capacity states, by which zone's clock, at each step of that zone's week. Pure.
 */
import { jointOffsets, uncertainSteps } from './warm-clock.ts';
import { type CheckedWindow, levelsOf } from './warm-level.ts';
import { stretchesOf, WEEK_STEPS, weekStep } from './warm-week.ts';

/** What one zone's clock states: at steps of its local week, how many environments there are to be. */
export interface Statements {
  readonly timeZone: string;
  readonly levelAt: ReadonlyMap<number, number>;
}

/** What one zone's clock knows about all windows, at each step of its week. */
interface View {
  readonly timeZone: string;
  /** The most that may be asked for then, whatever the other clocks show. */
  readonly levels: readonly number[];
  /** Whether it is the same whatever the other clocks show. */
  readonly certain: readonly boolean[];
  /** Steps at which it can state nothing, since its own clock may skip or repeat them. */
  readonly uncertain: ReadonlySet<number>;
}

const steps = Array.from({ length: WEEK_STEPS }, (_, step) => step);

/** Offsets of all zones from UTC at the same moment, in steps, and what is asked for meanwhile at each step of UTC's week. */
interface Constellation {
  readonly offsets: readonly number[];
  readonly wanted: readonly number[];
}

/** Steps at which a zone's clock, jumping or not, would not surely state what holds then. */
function unstatable(
  timeZone: string,
  levels: readonly number[],
  certain: readonly boolean[],
): ReadonlySet<number> {
  const uncertain = uncertainSteps(timeZone);
  const disturbed = stretchesOf((step) => uncertain.has(step))
    .map(({ start, end }) => ({
      within: Array.from({ length: end - start }, (_, step) => weekStep(start + step)),
      neighbours: [weekStep(start - 1), weekStep(end)],
    }))
    // Where nothing changes neighbours it, a statement that is skipped, repeated or late states what holds anyway.
    .filter(({ within, neighbours }) =>
      [...within, ...neighbours].some((step) => !certain[step] || levels[step] !== levels[within[0] ?? 0]),
    );
  return new Set(disturbed.flatMap(({ within }) => within));
}

function viewOf(zone: number, timeZone: string, constellations: readonly Constellation[]): View {
  const possible = steps.map((step) =>
    constellations.map(({ offsets, wanted }) => wanted[weekStep(step - (offsets[zone] ?? 0))] ?? 0),
  );
  const levels = possible.map((all) => Math.max(...all));
  const certain = possible.map((all, step) => all.every((level) => level === levels[step]));
  return { timeZone, levels, certain, uncertain: unstatable(timeZone, levels, certain) };
}

/** Chooses which clock states something at which step: at each step of each constellation one at least, if one may. */
function chosenSteps(
  views: readonly View[],
  constellations: readonly Constellation[],
): readonly ReadonlySet<number>[] {
  const chosen = views.map(() => new Set<number>());
  const open = constellations.map(() => new Set(steps));
  const choose = (may: (view: View, step: number) => boolean) => {
    for (const [zone, view] of views.entries()) {
      for (const [index, { offsets }] of constellations.entries())
        for (const step of open[index] ?? []) {
          const local = weekStep(step + (offsets[zone] ?? 0));
          if (may(view, local)) chosen[zone]?.add(local);
        }
      for (const [index, { offsets }] of constellations.entries())
        for (const step of chosen[zone] ?? []) open[index]?.delete(weekStep(step - (offsets[zone] ?? 0)));
    }
  };
  choose(({ certain, uncertain }, step) => certain[step] === true && !uncertain.has(step));
  // Where no clock knows, the first that can states the most.
  choose(({ uncertain }, step) => !uncertain.has(step));
  return chosen;
}

/**
 * Compiles windows. At every step of every week that no change of clocks may touch, some clock states what is asked for then, so that
 * whatever a deployment or a failed action has left is put right within a step:
 * - one clock, that of the first window, states all that it can know;
 * - what depends on how far another clock is ahead is stated by that other clock;
 * - where no clock knows, the most that may be asked for is stated, for as long as no clock knows: an hour between Berlin and New
 *   York, two at the most between hemispheres, whose clocks change in opposite directions.
 *
 * Two clocks that state something in the same minute state the same, unless one of them does not know.
 * @param floor Environments outside of all windows.
 */
export function compileWindows(
  windows: readonly CheckedWindow[],
  floor: number,
  leadMinutes: number,
): readonly Statements[] {
  const timeZones = [...new Set(windows.map(({ timeZone }) => timeZone))];
  if (timeZones.length === 0) timeZones.push('UTC');
  const own = timeZones.map((timeZone) => levelsOf(windows, timeZone, leadMinutes));
  const constellations = jointOffsets(timeZones).map((offsets) => ({
    offsets,
    wanted: steps.map((step) =>
      own.reduce(
        (most, levels, zone) => Math.max(most, levels[weekStep(step + (offsets[zone] ?? 0))] ?? 0),
        floor,
      ),
    ),
  }));
  const views = timeZones.map((timeZone, zone) => viewOf(zone, timeZone, constellations));
  const chosen = chosenSteps(views, constellations);
  return views.map(({ timeZone, levels }, zone) => ({
    timeZone,
    levelAt: new Map([...(chosen[zone] ?? [])].map((step) => [step, levels[step] ?? floor])),
  }));
}
