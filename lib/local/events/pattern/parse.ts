import { checkOptions } from '../../../core/options.ts';
import * as rule from '../../../core/rules.ts';
import { OR, toBranches } from './branches.ts';
import { refuseComplexWildcards } from './complexity.ts';
import { invalid } from './errors.ts';
import { type Branch, type CompiledPattern, isJsonObject, type JsonObject } from './model.ts';
import { pathTree } from './paths.ts';

/** The most combinations of what the `$or`s of a pattern let one choose. */
const MAX_COMBINATIONS = 1_000;
/** The most fields of one branch, `MAXIMUM_RULE_SIZE` of Event Ruler. */
const MAX_FIELDS = 256;

export interface PatternLimits {
  /**
   * How long the pattern may be as JSON.
   * Unit: characters, 1 to 4096. Default 2048, the service quota; 4096 is the most that it can be raised to.
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
   */
  readonly maxCharacters?: number;
}

function refuseTooLong(pattern: JsonObject, maxCharacters: number): void {
  let length: number;
  try {
    length = JSON.stringify(pattern).length;
  } catch {
    // A cycle or a bigint. What JSON cannot hold cannot be in a template, nor be sent to EventBridge.
    invalid('', 'a value that JSON can hold', pattern, 'Filter is not valid JSON');
  }
  if (length > maxCharacters) {
    const reason = `Event pattern size is ${length} characters, which is more than ${maxCharacters}`;
    invalid('', `at most ${maxCharacters} characters of JSON`, pattern, reason);
  }
}

/** The lengths of all `$or` arrays multiplied, which is how EventBridge counts, nested ones too. */
function combinations(node: unknown): number {
  if (!isJsonObject(node)) return 1;
  return Object.entries(node).reduce((product, [key, value]) => {
    if (!Array.isArray(value)) return product * combinations(value);
    if (key !== OR) return product;
    return value.reduce<number>((all, each) => all * combinations(each), product * Math.max(value.length, 1));
  }, 1);
}

function refuseTooMany(branches: readonly Branch[]): void {
  for (const branch of branches) {
    if (branch.size <= MAX_FIELDS) continue;
    const reason = `Size of rule exceeds max value of ${MAX_FIELDS}`;
    invalid('', `a pattern of at most ${MAX_FIELDS} fields`, [...branch.keys()], reason);
  }
}

/**
 * Compiles an event pattern, given as the object that a template or a rule has, for `matches`.
 *
 * The language is that of EventBridge event buses, with the operators of its documentation; where that is silent, or
 * is known to be otherwise in AWS, what Event Ruler does counts. So `300` matches `300.0`: numbers are compared as
 * numbers, whatever the user guide says of their text.
 * @throws {InvalidPatternError} for what EventBridge refuses, with its reason, the path, the expectation and the value.
 * @throws {InvalidOptionError} for `maxCharacters` out of its range.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @see https://github.com/aws/event-ruler
 */
export function compilePattern(pattern: unknown, limits: PatternLimits = {}): CompiledPattern {
  checkOptions('compilePattern', limits, { optional: { maxCharacters: rule.integer(1, 4_096) } });
  if (!isJsonObject(pattern)) return invalid('', 'an object', pattern, 'Filter is not an object');
  refuseTooLong(pattern, limits.maxCharacters ?? 2_048);
  if (combinations(pattern) > MAX_COMBINATIONS) {
    const reason = `Event pattern results in over ${MAX_COMBINATIONS} rule combinations`;
    invalid('', `a pattern of at most ${MAX_COMBINATIONS} combinations of ${OR}`, pattern, reason);
  }
  const branches = toBranches(pattern);
  refuseTooMany(branches);
  refuseComplexWildcards(branches);

  const names = [...new Set(branches.flatMap((branch) => [...branch.keys()]))];
  const slots = new Map(names.map((name, slot) => [name, slot]));
  return {
    branches: branches.map((branch) =>
      // The order matters to fields that must be absent; Event Ruler sorts by UTF-16 units too.
      [...branch]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, conditions]) => ({ slot: slots.get(name) ?? 0, conditions })),
    ),
    paths: pathTree(names),
    slots: names.length,
  };
}
