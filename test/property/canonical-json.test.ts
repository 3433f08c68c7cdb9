import { isDeepStrictEqual } from 'node:util';
import fc, { type JsonValue } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../lib/idempotency/canonical-json.ts';
import { seededRandom } from '../../lib/testing/index.ts';

/** The same value with the members of every object in another order. */
function permuted(value: JsonValue, next: () => number): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => permuted(item, next));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([name, member]) => [next(), name, permuted(member as JsonValue, next)] as const,
  );
  entries.sort(([one], [other]) => one - other);
  return Object.fromEntries(entries.map(([, name, member]) => [name, member]));
}

/** As JSON has it: there is one zero. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Any JSON but for numbers that may not be exact, which are refused. */
const json = fc
  .jsonValue()
  .map(
    (value) =>
      JSON.parse(JSON.stringify(value), (_name, member: unknown) =>
        typeof member === 'number' && Math.abs(member) > Number.MAX_SAFE_INTEGER ? member % 1e9 : member,
      ) as JsonValue,
  );

/** Values so small and alike that two of them are often equal, or equal but for their type. */
const { alike } = fc.letrec<{ alike: JsonValue; leaf: JsonValue }>((tie) => ({
  leaf: fc.constantFrom<JsonValue>(0, -0, 1, '', '0', '1', 'a,b', 'null', '__proto__', null, true, false),
  alike: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('alike'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'A', '1', '__proto__', ''), tie('alike'), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
  ),
}));

describe('canonicalJson', () => {
  test('is the same text for the same members in any order', () => {
    const property = fc.property(json, fc.nat(), (value, seed) => {
      const { next } = seededRandom(seed);

      expect(canonicalJson(permuted(value, next))).toBe(canonicalJson(value));
    });
    fc.assert(property, { seed: 11, numRuns: 500 });
  });

  test('is JSON for the very value, so that no two values share a text', () => {
    const property = fc.property(json, (value) => {
      expect(JSON.parse(canonicalJson(value))).toStrictEqual(plain(value));
    });
    fc.assert(property, { seed: 12, numRuns: 500 });
  });

  test('is equal for two values exactly when they are', () => {
    let equal = 0;
    const property = fc.property(alike, alike, (one, other) => {
      const same = isDeepStrictEqual(plain(one), plain(other));
      if (same) equal++;

      expect(canonicalJson(one) === canonicalJson(other)).toBe(same);
    });
    fc.assert(property, { seed: 13, numRuns: 3_000 });
    // Both sides of the equivalence have been looked at.
    expect(equal).toBeGreaterThan(100);
  });

  test('is its own fixed point', () => {
    const property = fc.property(json, (value) => {
      const text = canonicalJson(value);

      expect(canonicalJson(JSON.parse(text))).toBe(text);
    });
    fc.assert(property, { seed: 14, numRuns: 300 });
  });
});
