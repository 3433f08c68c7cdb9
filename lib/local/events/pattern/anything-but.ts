import { invalid } from './errors.ts';
import { ignoringCase } from './ignore-case.ts';
import { type Condition, isJsonObject } from './model.ts';
import { comparable } from './numeric.ts';
import { parseWildcard } from './wildcard.ts';

const ONE_TYPE =
  'Inside anything but list, either all values are number or string, mixed type is not supported';

/** `"a"`, `5`, `["a", "b"]` or `[1, 2]`. */
function values(list: readonly unknown[], at: string): readonly Condition[] {
  const conditions = list.map((value, index): Condition => {
    const here = `${at}[${index}]`;
    if (typeof value === 'string') return { kind: 'exactly', value };
    if (typeof value === 'number') return { kind: 'exactly', value: comparable(value, here) };
    const reason = 'Inside anything but list, start|null|boolean is not supported.';
    return invalid(here, 'a string or a number', value, reason);
  });
  if (new Set(list.map((value) => typeof value)).size !== 1) {
    invalid(at, 'all strings or all numbers', list, ONE_TYPE);
  }
  return conditions;
}

function affix(kind: 'prefix' | 'suffix', value: unknown, at: string): Condition {
  if (typeof value !== 'string') {
    return invalid(at, 'a string', value, 'prefix/suffix match pattern must be a string');
  }
  if (value === '') invalid(at, 'a string of one character or more', value, 'Null prefix/suffix not allowed');
  return { kind, text: value };
}

/** What may be inside `anything-but`, each with a string or with a list of them. */
const INNER: ReadonlyMap<string, (value: unknown, at: string) => Condition> = new Map([
  ['prefix', (value: unknown, at: string) => affix('prefix', value, at)],
  ['suffix', (value: unknown, at: string) => affix('suffix', value, at)],
  ['wildcard', parseWildcard],
  [
    'equals-ignore-case',
    (value: unknown, at: string): Condition =>
      typeof value === 'string'
        ? ignoringCase(value, 'whole')
        : invalid(
            at,
            'a string',
            value,
            'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.',
          ),
  ],
]);

function operand(value: unknown, at: string): unknown {
  if (Array.isArray(value) || typeof value === 'string' || typeof value === 'number') return value;
  const reason = 'Value of anything-but must be an array or single string/number value.';
  return invalid(at, 'a string, a number or an array of them', value, reason);
}

/** `{"anything-but": …}`: any leaf but these. A field that is not there is no leaf and does not match. */
export function anythingBut(value: unknown, at: string): Condition {
  if (!isJsonObject(value)) {
    const given = operand(value, at);
    return { kind: 'anything-but', conditions: values(Array.isArray(given) ? given : [given], at) };
  }
  const [name, ...others] = Object.keys(value);
  if (name === undefined) {
    return invalid(at, 'an object with one operator', value, 'Anything-But expression name not found');
  }
  const inner = INNER.get(name);
  if (inner === undefined) {
    const reason = `Unsupported anything-but pattern: ${name}`;
    return invalid(at, `one of ${[...INNER.keys()].join(', ')}`, value, reason);
  }
  const here = `${at}.${name}`;
  const given = operand(value[name], here);
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) invalid(here, 'a list with a string in it', list, 'Empty arrays are not allowed');
  const conditions = list.map((item, index) =>
    inner(item, Array.isArray(given) ? `${here}[${index}]` : here),
  );
  if (others.length > 0) {
    invalid(at, 'an object with one operator', value, 'Too many elements in numeric expression');
  }
  return { kind: 'anything-but', conditions };
}
