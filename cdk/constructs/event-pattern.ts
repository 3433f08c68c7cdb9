import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A pattern for those events of another pattern that a filter lets in too. A field may have a condition in one of them only: in a
 * pattern, conditions of one field are alternatives, so that it would let in more.
 */
export function narrowed(scope: Construct, pattern: EventPattern, filter: EventPattern): EventPattern {
  const merge = (one: Fields, other: Fields, path: string): Fields => {
    const merged: Record<string, unknown> = { ...one };
    for (const [name, condition] of Object.entries(other)) {
      const there = one[name];
      if (condition === undefined) continue;
      if (there === undefined) merged[name] = condition;
      else if (isFields(there) && isFields(condition))
        merged[name] = merge(there, condition, `${path}${name}.`);
      else
        refuse(
          scope,
          `expected the filter of a priority to name other fields than \`eventPattern\`, got \`${path}${name}\` in both; take it out of one`,
        );
    }
    return merged;
  };
  return merge(pattern as Fields, filter as Fields, '');
}
