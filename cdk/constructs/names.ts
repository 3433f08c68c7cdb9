import type { Construct } from 'constructs';
import * as rule from '#core/rules';
import { refuse } from './refuse.ts';

/**
 * Names of breakers, operations or caches, to be part of a condition. Those that are no such name are refused: with `*`, `?` or `$` in it the
 * condition would hold for more.
 */
export function checkedNames(
  construct: Construct,
  what: string,
  names: readonly string[],
): readonly string[] {
  for (const name of names) {
    const wrong = rule.name()(name);
    if (wrong) refuse(construct, `expected ${what} to hold ${wrong}; give the name that the function gives`);
  }
  return names;
}
