/** The ways to have an effect under a key: beside its record, with either answer to a lost outcome, or in one write with it. */
export const VARIANTS = ['plain rerun', 'plain hold', 'atomic'] as const;
export type Variant = (typeof VARIANTS)[number];

/** The requests that one run makes, each of them waited for. */
export type Step = 'claim' | 'effect' | 'complete' | 'transaction';
export const stepsOf = (variant: Variant): readonly Step[] =>
  variant === 'atomic' ? ['claim', 'transaction'] : ['claim', 'effect', 'complete'];

/**
 * Where a process can die of a request: before it leaves; the moment it is handed to the operating system; so that it
 * arrives only when the next run is under way; when it is applied and the answer still on its way; when it is answered.
 */
const MOMENTS = ['not sent', 'sent', 'late', 'unanswered', 'answered'] as const;
type Moment = (typeof MOMENTS)[number];

/** What a process says of itself on its way. It cannot know more of a request than these. */
export type Mark = 'begun' | `${Step}: ${Exclude<Moment, 'late' | 'unanswered'>}` | 'answer: not sent';

/** Places nobody chose: any resumption after an `await`, the same once more in the next process, and any moment. */
export const RANDOM_POINTS = ['any await', 'any await, twice', 'any moment'] as const;

export function marksOf(variant: Variant): readonly Mark[] {
  const ofSteps = stepsOf(variant).flatMap((step) =>
    (['not sent', 'sent', 'answered'] as const).map((moment): Mark => `${step}: ${moment}`),
  );
  return ['begun', ...ofSteps, 'answer: not sent'];
}

export type FixedPoint = `${Step}: ${Moment}` | 'answer: not sent';
export type Point = FixedPoint | (typeof RANDOM_POINTS)[number];

export function fixedPoints(variant: Variant): readonly FixedPoint[] {
  const ofSteps = stepsOf(variant).flatMap((step) =>
    MOMENTS.map((moment): FixedPoint => `${step}: ${moment}`),
  );
  return [...ofSteps, 'answer: not sent'];
}

export const isRandom = (point: Point): point is (typeof RANDOM_POINTS)[number] =>
  (RANDOM_POINTS as readonly Point[]).includes(point);
