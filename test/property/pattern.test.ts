import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

/**
 * A second evaluator, as naive as can be. It lists every leaf of the event with its full path, expands `$or` itself
 * and tries every choice of leaves. It shares no code with the compiled one.
 */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Leaf = { readonly name: string; readonly path: readonly (string | number)[]; readonly value: Json };
type Field = { readonly name: string; readonly conditions: readonly Json[] };

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function leavesOf(value: Json, path: readonly (string | number)[]): Leaf[] {
  if (isList(value)) return value.flatMap((element, index) => leavesOf(element, [...path, index]));
  if (isObject(value))
    return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
  return [{ name: path.filter((step) => typeof step === 'string').join('.'), path, value }];
}

/** Whether two leaves are in different elements of one array. A plain value stands for its array, not an element. */
function apart(a: Leaf, b: Leaf): boolean {
  const trim = ({ path }: Leaf) => (typeof path[path.length - 1] === 'number' ? path.slice(0, -1) : path);
  const [one, other] = [trim(a), trim(b)];
  const at = one.findIndex((step, index) => step !== other[index]);
  return at >= 0 && at < other.length && typeof one[at] === 'number' && typeof other[at] === 'number';
}

const asText = (wildcard: string) =>
  new RegExp(
    `^${wildcard
      .split('*')
      .map((piece) => piece.replace(/[^a-z]/gi, '\\$&'))
      .join('[^]*')}$`,
  );

function compare(value: number, [operator, bound, ...more]: readonly Json[]): boolean {
  const limit = Number(bound);
  const outcomes = {
    '=': value === limit,
    '<': value < limit,
    '<=': value <= limit,
    '>': value > limit,
    '>=': value >= limit,
  };
  return outcomes[operator as keyof typeof outcomes] && (more.length === 0 || compare(value, more));
}

function one(condition: Json, value: Json): boolean {
  if (!isObject(condition)) return condition === value;
  const [operator, operand] = Object.entries(condition)[0] ?? ['', null];
  if (operator === 'exists') return operand === true;
  if (operator === 'anything-but') {
    const inner = isObject(operand) ? Object.entries(operand)[0] : undefined;
    const list = inner ? inner[1] : (operand ?? null);
    const each = isList(list) ? list : [list];
    return !each.some((item) => one(inner ? { [inner[0]]: item } : item, value));
  }
  if (operator === 'numeric') return typeof value === 'number' && isList(operand) && compare(value, operand);
  if (typeof value !== 'string') return false;
  if (isObject(operand)) {
    const inner = Object.values(operand)[0];
    if (typeof inner !== 'string') throw new Error('Expected a string');
    return one({ [operator]: inner.toLowerCase() }, value.toLowerCase());
  }
  if (typeof operand !== 'string') throw new Error('Expected a string');
  if (operator === 'prefix') return value.slice(0, operand.length) === operand;
  if (operator === 'suffix') return operand === '' || value.slice(-operand.length) === operand;
  if (operator === 'wildcard') return asText(operand).test(value);
  return value.toLowerCase() === operand.toLowerCase();
}

/** Every way through the `$or`s of a pattern, as lists of fields; a later field of one name replaces the earlier. */
function ways(pattern: Json, above: readonly string[]): Field[][] {
  if (!isObject(pattern)) throw new Error('Expected an object');
  return Object.entries(pattern).reduce<Field[][]>(
    (before, [key, value]) => {
      const after =
        key === '$or' && isList(value)
          ? value.flatMap((alternative) => ways(alternative, above))
          : isList(value)
            ? [[{ name: [...above, key].join('.'), conditions: value }]]
            : ways(value, [...above, key]);
      return before.flatMap((fields) =>
        after.map((added) => [
          ...fields.filter(({ name }) => !added.some((field) => field.name === name)),
          ...added,
        ]),
      );
    },
    [[]],
  );
}

function search(fields: readonly Field[], leaves: readonly Leaf[], chosen: readonly Leaf[]): boolean {
  const [field, ...rest] = fields;
  if (field === undefined) return true;
  const here = leaves.filter(({ name }) => name === field.name);
  const near = here.filter((leaf) => !chosen.some((other) => apart(leaf, other)));
  const absent = field.conditions.some((condition) => isObject(condition) && condition['exists'] === false);
  if (absent && near.length === 0 && search(rest, leaves, chosen)) return true;
  return near.some(
    (leaf) =>
      field.conditions.some((condition) => one(condition, leaf.value)) &&
      search(rest, leaves, [...chosen, leaf]),
  );
}

function naive(pattern: Json, event: Json): boolean {
  const leaves = leavesOf(event, []);
  const byName = (a: Field, b: Field) => (a.name < b.name ? -1 : 1);
  return ways(pattern, []).some((fields) => search([...fields].sort(byName), leaves, []));
}

const text = fc.constantFrom('', 'x', 'y', 'xy', 'X', 'xyx');
const number = fc.constantFrom(0, 1, 1.5, 2);
const scalar = fc.oneof(
  { arbitrary: text, weight: 3 },
  { arbitrary: number, weight: 2 },
  fc.boolean(),
  fc.constant(null),
);
const key = fc.constantFrom('a', 'b', 'c');

const event: fc.Arbitrary<Json> = fc.letrec<{ object: Json; value: Json; list: Json }>((tie) => ({
  object: fc.dictionary(fc.oneof({ arbitrary: key, weight: 9 }, fc.constant('a.b')), tie('value'), {
    minKeys: 2,
    maxKeys: 3,
    noNullPrototype: true,
  }),
  list: fc.array(tie('value'), { maxLength: 3 }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { arbitrary: scalar, weight: 4 },
    { arbitrary: tie('object'), weight: 2 },
    { arbitrary: tie('list'), weight: 2 },
  ),
})).object;

const oneOrMore = <T extends Json>(values: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  fc.oneof(values, fc.uniqueArray(values, { minLength: 1, maxLength: 2 }));
const wildcard = fc.constantFrom('*', 'x*', '*x', 'x*x', '*y*', 'x', '');
const notEmpty = fc.constantFrom('x', 'y', 'xy');
const range = fc.constantFrom<Json[]>(
  ['=', 1],
  ['<', 1.5],
  ['<=', 1],
  ['>', 1],
  ['>=', 1.5],
  ['>', 0, '<', 2],
  ['>=', 0, '<=', 1],
);
const asOperator =
  (name: string) =>
  (operand: Json): Json => ({ [name]: operand });

const condition: fc.Arbitrary<Json> = fc.oneof(
  { arbitrary: scalar, weight: 4 },
  { arbitrary: fc.boolean().map(asOperator('exists')), weight: 2 },
  text.map(asOperator('prefix')),
  text.map(asOperator('suffix')),
  text.map(asOperator('equals-ignore-case')),
  text.map(asOperator('equals-ignore-case')).map(asOperator('prefix')),
  text.map(asOperator('equals-ignore-case')).map(asOperator('suffix')),
  wildcard.map(asOperator('wildcard')),
  range.map(asOperator('numeric')),
  fc
    .oneof(
      oneOrMore(text),
      oneOrMore(number),
      oneOrMore(notEmpty).map(asOperator('prefix')),
      oneOrMore(notEmpty).map(asOperator('suffix')),
      oneOrMore(text).map(asOperator('equals-ignore-case')),
      oneOrMore(wildcard).map(asOperator('wildcard')),
    )
    .map(asOperator('anything-but')),
);

const pattern: fc.Arbitrary<Json> = fc.letrec<{ object: Json; plain: Json; conditions: Json; value: Json }>(
  (tie) => ({
    conditions: fc.array(condition, { minLength: 1, maxLength: 4 }),
    value: fc.oneof({ depthSize: 'small' }, { arbitrary: tie('conditions'), weight: 5 }, tie('object')),
    plain: fc.dictionary(fc.oneof({ arbitrary: key, weight: 9 }, fc.constant('a.b')), tie('value'), {
      minKeys: 1,
      maxKeys: 2,
      noNullPrototype: true,
    }),
    object: fc.oneof(
      { depthSize: 'small' },
      { arbitrary: tie('plain'), weight: 4 },
      fc
        .tuple(tie('plain'), fc.array(tie('object'), { minLength: 2, maxLength: 2 }), fc.boolean())
        .map(([plain, alternatives, first]): Json => {
          if (!isObject(plain)) return plain;
          return first ? { $or: alternatives, ...plain } : { ...plain, $or: alternatives };
        }),
    ),
  }),
).object;

/** The leaves of an event by their path, some of them changed: a pattern that is close to matching. */
function patternFor(value: Json, pick: () => Json | undefined): Json {
  if (isList(value)) return patternFor(value[0] ?? 'x', pick);
  if (!isObject(value)) return [pick() ?? value];
  const entries = Object.entries(value).map(([name, inner]): [string, Json] => [
    name,
    patternFor(inner, pick),
  ]);
  return entries.length === 0 ? [pick() ?? 'x'] : Object.fromEntries(entries);
}

const changes = fc.array(
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 2 }, { arbitrary: condition, weight: 1 }),
  { minLength: 8, maxLength: 8 },
);
const related = fc.tuple(event, changes).map(([given, changed]): [Json, Json] => {
  let at = 0;
  return [patternFor(given, () => changed[at++ % changed.length]), given];
});

describe('a compiled pattern decides as the naive evaluator does', () => {
  test.each<[string, fc.Arbitrary<[Json, Json]>, number, number]>([
    ['patterns and events of the same small alphabet', fc.tuple(pattern, event), 20_261, 10_000],
    ['patterns made from the event', related, 20_262, 10_000],
  ])('for %s', (_, pairs, seed, numRuns) => {
    const outcomes = { matching: 0, other: 0 };
    fc.assert(
      fc.property(pairs, ([given, actual]) => {
        const decided = matches(compilePattern(given, { maxCharacters: 4_096 }), actual);
        outcomes[decided ? 'matching' : 'other']++;
        expect(decided).toBe(naive(given, actual));
      }),
      { seed, numRuns },
    );
    expect(outcomes.matching).toBeGreaterThan(numRuns / 10);
    expect(outcomes.other).toBeGreaterThan(numRuns / 10);
  });
});

describe('array consistency', () => {
  const oneOrTwo = fc.constantFrom(1, 2);
  const partial = { requiredKeys: [] as never[], noNullPrototype: true };
  const pair = fc.record({ a: oneOrTwo, b: oneOrTwo }, partial);
  const pairs = fc.array(pair, { minLength: 1, maxLength: 3 });
  const events = fc.record({
    p: pairs,
    q: fc.array(fc.record({ a: oneOrTwo, r: pairs }, partial), { maxLength: 2 }),
  });
  const field = fc.array(fc.oneof(fc.constantFrom<Json>(1, 2), fc.boolean().map(asOperator('exists'))), {
    minLength: 1,
    maxLength: 2,
  });
  const fields = fc.record({ a: field, b: field }, partial).filter((given) => Object.keys(given).length > 0);
  const patterns = fc
    .record({
      p: fields,
      q: fc.record({ a: field, r: fields }, { requiredKeys: ['r'], noNullPrototype: true }),
    })
    .map(({ p, q }): Json => ({ p, q }));

  test('holds for arrays of objects beside and inside each other', () => {
    const outcomes = { matching: 0, other: 0 };
    fc.assert(
      fc.property(events, patterns, (actual, given) => {
        const decided = matches(compilePattern(given), actual);
        outcomes[decided ? 'matching' : 'other']++;
        expect(decided).toBe(naive(given, actual as Json));
      }),
      { seed: 20_263, numRuns: 10_000 },
    );
    expect(Math.min(outcomes.matching, outcomes.other)).toBeGreaterThan(1_000);
  });
});

describe('any JSON at all', () => {
  test('as an event is matched or not, without an error', () => {
    const compiled = compilePattern({
      a: [{ exists: true }, { wildcard: '*a*' }],
      b: { c: [{ exists: false }] },
    });
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(matches(compiled, value)).toBeTypeOf('boolean');
      }),
      { seed: 20_264, numRuns: 2_000 },
    );
  });

  test('as a pattern is compiled or refused with a reason', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), pattern), (value) => {
        try {
          compilePattern(value);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_PATTERN', reason: expect.stringMatching(/./) });
        }
      }),
      { seed: 20_265, numRuns: 2_000 },
    );
  });
});
