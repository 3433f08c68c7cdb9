import { invalid } from './errors.ts';
import type { Branch, Condition } from './model.ts';
import { type WildcardGroup, wildcardComplexity } from './wildcard-complexity.ts';

/**
 * How many beginnings of wildcards may match one input at the same time. AWS does not publish the figure. What it is
 * known to refuse has 11 or more (`*:*:*:*:*:event-bus/*`), what it is known to accept has 9 or fewer.
 */
const MAX_COMPLEXITY = 10;

/** A state of the machine that Event Ruler builds: by field name, what is asked of it and where that leads. */
type State = Map<string, Field>;

interface Field {
  readonly wildcards: WildcardGroup[];
  readonly next: Map<string, State>;
}

function wildcardsIn(condition: Condition): WildcardGroup {
  if (condition.kind === 'wildcard') return [condition];
  if (condition.kind !== 'anything-but') return [];
  return condition.conditions.filter((inner) => inner.kind === 'wildcard');
}

/** Adds what a field asks to a state, and gives the states that it leads to. */
function addField(state: State, name: string, conditions: readonly Condition[]): readonly State[] {
  const field: Field = state.get(name) ?? { wildcards: [], next: new Map() };
  state.set(name, field);
  const reached = new Set<State>();
  let last: State | undefined;
  for (const condition of conditions) {
    const identity = JSON.stringify(condition);
    const known = field.next.get(identity);
    last = known ?? last ?? new Map<string, Field>();
    field.next.set(identity, last);
    reached.add(last);
    const wildcards = wildcardsIn(condition);
    if (known === undefined && wildcards.length > 0) field.wildcards.push(wildcards);
  }
  return [...reached];
}

/**
 * Refuses wildcards that would make matching slow. Only those count together that Event Ruler would look for at the
 * same time: of one field, and in branches of `$or` that have asked the same of the fields before it.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching-complexity
 */
export function refuseComplexWildcards(branches: readonly Branch[]): void {
  const hasWildcard = (branch: Branch) =>
    [...branch.values()].some((conditions) =>
      conditions.some((condition) => wildcardsIn(condition).length > 0),
    );
  if (!branches.some(hasWildcard)) return;

  const root: State = new Map();
  const machines = new Map<Field, string>();
  for (const branch of branches) {
    let states: readonly State[] = [root];
    for (const name of [...branch.keys()].sort()) {
      const conditions = branch.get(name) ?? [];
      const reached = new Set(states.flatMap((state) => addField(state, name, conditions)));
      for (const state of states) {
        const field = state.get(name);
        if (field !== undefined) machines.set(field, name);
      }
      states = [...reached];
    }
  }
  for (const [{ wildcards }, name] of machines) {
    const complexity = wildcardComplexity(wildcards, MAX_COMPLEXITY);
    if (complexity > MAX_COMPLEXITY) {
      const texts = wildcards.flat().map(({ pieces }) => pieces.join('*'));
      const reason =
        'Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences ' +
        'after a wildcard character';
      invalid(name, `wildcards of a complexity of at most ${MAX_COMPLEXITY}`, texts, reason);
    }
  }
}
