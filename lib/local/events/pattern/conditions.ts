import { anythingBut } from './anything-but.ts';
import { addressBlock, canonicalAddress } from './cidr.ts';
import { invalid } from './errors.ts';
import { ignoringCase } from './ignore-case.ts';
import { type Condition, isJsonObject, isScalar, type JsonObject } from './model.ts';
import { numericCondition } from './numeric.ts';
import { parseWildcard } from './wildcard.ts';

type Parse = (value: unknown, at: string) => Condition;

const ONE_KEY = 'Only one key allowed in match expression';
const NO_CASE = 'equals-ignore-case';

function text(value: unknown, at: string, operator: string): string {
  if (typeof value === 'string') return value;
  return invalid(at, 'a string', value, `${operator} match pattern must be a string`);
}

/** `"text"`, or `{"equals-ignore-case": "text"}` for any case. */
function affix(kind: 'prefix' | 'suffix', value: unknown, at: string): Condition {
  if (!isJsonObject(value)) return { kind, text: text(value, at, kind) };
  const [name, ...others] = Object.keys(value);
  if (name !== NO_CASE) {
    const reason =
      name === undefined
        ? `${kind === 'prefix' ? 'Prefix' : 'Suffix'} expression name not found`
        : `Unsupported ${kind} pattern: ${name}`;
    return invalid(at, `a string or {"${NO_CASE}": …}`, value, reason);
  }
  const given = text(value[name], `${at}.${name}`, name);
  if (others.length > 0) invalid(at, 'an object with one key', value, ONE_KEY);
  return ignoringCase(given, kind === 'prefix' ? 'start' : 'end');
}

function exists(value: unknown, at: string): Condition {
  if (typeof value === 'boolean') return { kind: 'exists', present: value };
  return invalid(at, 'true or false', value, 'exists match pattern must be either true or false.');
}

const OPERATORS: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['exactly', (value, at) => ({ kind: 'exactly', value: text(value, at, 'exact') })],
  ['prefix', (value, at) => affix('prefix', value, at)],
  ['suffix', (value, at) => affix('suffix', value, at)],
  [NO_CASE, (value, at) => ignoringCase(text(value, at, NO_CASE), 'whole')],
  ['wildcard', parseWildcard],
  ['anything-but', anythingBut],
  ['numeric', numericCondition],
  ['exists', exists],
  ['cidr', addressBlock],
]);

function expression(value: JsonObject, at: string): Condition {
  // The first key decides, as for EventBridge, which reads the expression from its start.
  const [name, ...others] = Object.keys(value);
  if (name === undefined) return invalid(at, 'an operator', value, 'Match expression name not found');
  const parse = OPERATORS.get(name);
  if (parse === undefined) {
    const expected = `one of the operators ${[...OPERATORS.keys()].join(', ')}`;
    return invalid(at, expected, value, `Unrecognized match type ${name}`);
  }
  const condition = parse(value[name], `${at}.${name}`);
  if (others.length > 0) {
    const long = name === 'numeric' || name === 'anything-but';
    invalid(at, 'an object with one key', value, long ? 'Too many elements in numeric expression' : ONE_KEY);
  }
  return condition;
}

function condition(value: unknown, at: string): Condition {
  if (isJsonObject(value)) return expression(value, at);
  if (!isScalar(value) || (typeof value === 'number' && !Number.isFinite(value))) {
    const reason = 'Match value must be String, number, true, false, or null';
    return invalid(at, 'a string, number, true, false, null or operator', value, reason);
  }
  // Event Ruler compares addresses, not their text: `::1` is `0:0:0:0:0:0:0:1`.
  const address = typeof value === 'string' ? canonicalAddress(value) : undefined;
  return address === undefined ? { kind: 'exactly', value } : { kind: 'address', address };
}

/** What a pattern gives for a field: an array of values and operators, of which one must hold. */
export function parseConditions(values: readonly unknown[], at: string): readonly Condition[] {
  if (values.length === 0)
    invalid(at, 'an array of one value or more', values, 'Empty arrays are not allowed');
  return values.map((value, index) => condition(value, `${at}[${index}]`));
}
