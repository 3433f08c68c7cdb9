import { canonicalAddress, isInBlock } from './cidr.ts';
import type { Condition, Scalar } from './model.ts';
import { isInRange } from './numeric.ts';
import { matchesWildcard } from './wildcard.ts';

/**
 * Whether a condition holds for a leaf of an event. Operators on text hold for strings only, ranges for numbers only;
 * `anything-but` holds for a leaf of another type, null too.
 */
export function holds(condition: Condition, value: Scalar): boolean {
  switch (condition.kind) {
    case 'exactly':
      return condition.value === value;
    case 'address':
      return typeof value === 'string' && canonicalAddress(value) === condition.address;
    case 'prefix':
      return typeof value === 'string' && value.startsWith(condition.text);
    case 'suffix':
      return typeof value === 'string' && value.endsWith(condition.text);
    case 'ignoring-case':
      return typeof value === 'string' && condition.expression.test(value);
    case 'wildcard':
      return typeof value === 'string' && matchesWildcard(condition, value);
    case 'numeric':
      return typeof value === 'number' && isInRange(condition, value);
    case 'cidr':
      return typeof value === 'string' && isInBlock(condition, value);
    case 'exists':
      return condition.present;
    case 'anything-but':
      return !condition.conditions.some((inner) => holds(inner, value));
  }
}
