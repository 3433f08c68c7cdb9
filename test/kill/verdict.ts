import type { Effect } from './effects.ts';
import { isRandom, type Mark, type Point } from './points.ts';
import type { Outcome } from './trial.ts';

export interface Verdict {
  readonly lost: boolean;
  readonly doubled: boolean;
  readonly held: boolean;
  /** What must not be. Empty when all is well. */
  readonly wrong: readonly string[];
}

/** Who died here has had its effect, and its completion is not recorded. */
const UNRECORDED = [
  ...(['effect: late', 'effect: unanswered', 'effect: answered'] as const),
  ...(['complete: not sent', 'complete: late'] as const),
] satisfies readonly Point[];

/** Here it may be so: the request was on its way. */
const PERHAPS = ['effect: sent', 'complete: sent'] satisfies readonly Point[];

/** The same for who died anywhere, by what it said last: it may have gone a little further than it said. */
const PERHAPS_AFTER = [
  ...(['effect: not sent', 'effect: sent', 'effect: answered'] as const),
  ...(['complete: not sent', 'complete: sent'] as const),
] satisfies readonly Mark[];

/** Who died here holds a lease, and nothing is completed. */
const LEASED = [
  ...(['claim: unanswered', 'claim: answered', 'effect: not sent', 'effect: sent'] as const),
  ...UNRECORDED,
  ...(['transaction: not sent', 'transaction: late'] as const),
] satisfies readonly Point[];

const LEASED_AFTER = [
  ...(['claim: answered', 'effect: not sent', 'effect: sent', 'effect: answered'] as const),
] satisfies readonly Mark[];

/** Who died here has claimed nothing, or its completion is recorded: there is nothing to find out. */
const SETTLED = [
  ...(['claim: not sent', 'claim: late', 'complete: unanswered', 'complete: answered'] as const),
  ...(['transaction: unanswered', 'transaction: answered', 'answer: not sent'] as const),
] satisfies readonly Point[];

const isIn = <T>(list: readonly T[], item: unknown): boolean => (list as readonly unknown[]).includes(item);

/** How many effects more than one there are when a plain run is made again: at least, and at most. */
function extraEffects({ plan: { point }, deaths }: Outcome): readonly [number, number] {
  if (isRandom(point)) return [0, deaths.filter(({ last }) => isIn(PERHAPS_AFTER, last)).length];
  if (isIn(UNRECORDED, point)) return [1, 1];
  return [0, isIn(PERHAPS, point) ? 1 : 0];
}

function isLeased({ plan: { point }, deaths }: Outcome): boolean {
  return isRandom(point) ? isIn(LEASED_AFTER, deaths.at(-1)?.last) : isIn(LEASED, point);
}

/** Judges a key by what callers were told of it and by the effects that are there in the end. */
export function judge(outcome: Outcome, { executions, runs }: Effect): Verdict {
  const { plan, deaths, refusedAtOnce, answer, replay, held } = outcome;
  const wrong: string[] = [];
  const expect = (holds: boolean, otherwise: string) => {
    if (!holds) wrong.push(otherwise);
  };

  const [least, most] = plan.variant === 'plain rerun' ? extraEffects(outcome) : [0, 0];
  expect(executions >= 1 + least, `${executions} effects, expected at least ${1 + least}`);
  expect(executions <= 1 + most, `${executions} effects, expected at most ${1 + most}`);
  expect(executions === runs.length, `${executions} effects of ${runs.length} runs`);

  if (answer === undefined) {
    expect(plan.variant === 'plain hold' && held !== undefined, 'there was never an answer');
  } else {
    expect(runs.includes(answer.run), `the answer is of ${answer.run}, the effect of ${runs.join(' and ')}`);
    expect(replay?.run === answer.run, `the answer is of ${answer.run}, its replay of ${replay?.run}`);
    const told = deaths.flatMap((death) => death.answer?.run ?? []);
    expect(
      told.every((run) => run === answer.run),
      `the answer is of ${answer.run}, before it was of ${told.join(' and ')}`,
    );
  }
  if (isLeased(outcome)) {
    expect(refusedAtOnce, 'another run began while the lease lasted');
    if (plan.variant === 'plain hold') expect(held !== undefined, 'it was not held');
  }
  if (!isRandom(plan.point)) {
    expect(held === undefined || !isIn(SETTLED, plan.point), 'it was held without a reason');
    expect(
      deaths.every((death) => death.answer === undefined && death.refused === undefined),
      'the process went past the place where it was to die',
    );
  }
  return { lost: executions === 0, doubled: executions > 1, held: held !== undefined, wrong };
}
