import { localClock, WEEK_MINUTES } from './clocks.ts';
import { type ClockChangeRule, dueMinutes, weeklyCron } from './cron.ts';
import type { Deployed, Outcome, ScaledAction, WarmModel } from './model.ts';

export interface Period {
  readonly startMs: number;
  readonly minutes: number;
}

export interface Conditions {
  /** What happens at minutes that clocks skip or repeat. */
  readonly rule: ClockChangeRule;
  /** How late actions run: up to 2 minutes, says the documentation. */
  readonly lateMinutes: number;
  /** Whether actions that are due at once run in the opposite order. */
  readonly reversed: boolean;
}

export const PLAIN: Conditions = { rule: 'once', lateMinutes: 0, reversed: false };

interface Due {
  readonly action: ScaledAction;
  readonly order: number;
}

const NONE: readonly Due[] = [];

/** Scheduled actions by the minutes of their zones' weeks. */
export class Timetable {
  readonly #zones = new Map<string, (Due[] | undefined)[]>();

  constructor(actions: readonly ScaledAction[]) {
    for (const [order, action] of actions.entries()) {
      const zone = action.timeZone ?? 'UTC';
      const byMinute = this.#zones.get(zone) ?? new Array<Due[] | undefined>(WEEK_MINUTES).fill(undefined);
      this.#zones.set(zone, byMinute);
      const due = weeklyCron(action.schedule);
      for (let minute = 0; minute < WEEK_MINUTES; minute += 1)
        if (due[minute] === 1) byMinute[minute] = [...(byMinute[minute] ?? []), { action, order }];
    }
  }

  /** What runs at each minute of a period, in order. */
  during({ startMs, minutes }: Period, how: Conditions): (minute: number) => readonly ScaledAction[] {
    const zones = [...this.#zones].map(([timeZone, byMinute]) => ({
      byMinute,
      due: dueMinutes(localClock(timeZone, startMs, minutes), how.rule),
    }));
    const sign = how.reversed ? -1 : 1;
    const skipped = how.rule === 'late' ? 1 : -1;
    return (minute) => {
      const at = minute - how.lateMinutes;
      if (at < 0) return [];
      let found: readonly Due[] = NONE;
      for (const { byMinute, due } of zones) {
        const onTime = due.onTime[at] ?? -1;
        const now = onTime < 0 ? undefined : byMinute[onTime];
        if (now) found = found.length === 0 ? now : [...found, ...now];
        const late = due.skipped.get(at)?.flatMap((one) => byMinute[one] ?? []) ?? NONE;
        if (late.length > 0)
          found = [
            ...found,
            ...late.map(({ action, order }) => ({ action, order: order + skipped * 1_000 * sign })),
          ];
      }
      if (found.length === 0) return [];
      return found.toSorted((one, other) => sign * (one.order - other.order)).map(({ action }) => action);
    };
  }
}

/** Runs a minute: a deployment if there is one, and the actions that are due. */
export function runMinute(
  model: WarmModel,
  minute: number,
  actions: readonly ScaledAction[],
  deployment?: Deployed,
): Outcome {
  model.advance(minute);
  const outcome = deployment ? model.deploy(deployment) : {};
  for (const action of actions) model.act(action);
  return outcome;
}
