import { holds } from './holds.ts';
import { collectLeaves, joinMemberships, type Leaf, type Membership } from './leaves.ts';
import { type BranchField, type CompiledPattern, isJsonObject } from './model.ts';

/** A field of a branch with what the event has for it. */
interface Candidates {
  /** Every leaf of the field. */
  readonly leaves: readonly Leaf[];
  /** Those for which one of the conditions holds; one only of those that are in the same place. */
  readonly matching: readonly Leaf[];
  /** Whether it would do for the field not to be there. */
  readonly mayBeAbsent: boolean;
}

function candidatesOf({ slot, conditions }: BranchField, found: readonly (readonly Leaf[])[]): Candidates {
  const leaves = found[slot] ?? [];
  const matching = leaves.filter(({ value }) => conditions.some((condition) => holds(condition, value)));
  return {
    leaves,
    matching: matching.filter(
      ({ membership }, index) => index === 0 || membership !== matching[index - 1]?.membership,
    ),
    mayBeAbsent: conditions.some((condition) => condition.kind === 'exists' && !condition.present),
  };
}

/**
 * Whether leaves can be chosen, one a field, no two of them in different elements of one array. The fields come in
 * the order of their names. A field may be absent when no leaf of it goes with the choices before it: with a choice
 * in one element, another element's leaf does not count.
 */
function choose(fields: readonly Candidates[], from: number, soFar: Membership | undefined): boolean {
  const field = fields[from];
  if (field === undefined) return true;
  const { leaves, matching, mayBeAbsent } = field;
  if (
    mayBeAbsent &&
    !leaves.some(({ membership }) => joinMemberships(soFar, membership) !== undefined) &&
    choose(fields, from + 1, soFar)
  )
    return true;
  return matching.some(({ membership }) => {
    const joined = joinMemberships(soFar, membership);
    return joined !== undefined && choose(fields, from + 1, joined.membership);
  });
}

function matchesBranch(branch: readonly BranchField[], found: readonly (readonly Leaf[])[]): boolean {
  const fields: Candidates[] = [];
  for (const field of branch) {
    const candidates = candidatesOf(field, found);
    if (candidates.matching.length === 0 && !candidates.mayBeAbsent) return false;
    fields.push(candidates);
  }
  return choose(fields, 0, undefined);
}

/**
 * Whether an event matches a pattern, as EventBridge decides it. What is no JSON object matches nothing.
 *
 * Fields that a pattern names under an array of objects must match in the same element of it (Event Ruler calls this
 * array consistency); for an array of plain values, any of them will do.
 * The pattern `{ source: ['shop'], detail: { total: [{ numeric: ['>', 100] }] } }`, for one, matches the event
 * `{ source: 'shop', detail: { total: 120 } }`.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 * @see https://github.com/aws/event-ruler#json-array-matching
 */
export function matches(compiled: CompiledPattern, event: unknown): boolean {
  if (!isJsonObject(event)) return false;
  const found = collectLeaves(compiled.paths, compiled.slots, event);
  return compiled.branches.some((branch) => matchesBranch(branch, found));
}
