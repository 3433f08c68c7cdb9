import * as v from 'valibot';
import { expectTypeOf, test } from 'vitest';
import { type Cache, type CacheOptions, cache } from '../../lib/cache/index.ts';
import { type CallCache, type Outcome, type Resilient, resilient } from '../../lib/index.ts';

/*
 * What compiles and what does not, for `npm run check:types`. Nothing here runs.
 */

/** Whether a value of this type can be handed in where that one is expected. */
type Fits<Given, Expected> = [Given] extends [Expected] ? true : false;

test('a cache has the type of its values, and fits a policy of the same type', () => {
  const kept = cache<string>({ name: 'kept', ttlMs: (value) => value.length });
  expectTypeOf(kept).toEqualTypeOf<Cache<string>>();
  expectTypeOf(kept.execute(() => 'fine', { key: '7' })).toEqualTypeOf<Promise<string>>();
  expectTypeOf(resilient<string>({ name: 'posts', cache: kept })).toEqualTypeOf<Resilient<string>>();
  expectTypeOf<Fits<Cache<string>, CallCache<string>>>().toEqualTypeOf<true>();
  expectTypeOf<Fits<Cache<number>, CallCache<string>>>().toEqualTypeOf<false>();
  expectTypeOf<Parameters<Cache<string>['set']>>().toEqualTypeOf<[key: string, value: string]>();
});

test('a cache that is made for a policy takes the type from there', () => {
  const posts = resilient<string>({
    name: 'posts',
    cache: cache({ name: 'posts', ttlMs: 1_000, shouldCache: (value) => value.length > 0 }),
  });
  expectTypeOf(posts.outcome(() => 'fine')).toEqualTypeOf<Promise<Outcome<string>>>();
  expectTypeOf(
    resilient({ name: 'posts', validate: v.string(), cache: cache<string>({ name: 'posts', ttlMs: 1_000 }) }),
  ).toEqualTypeOf<Resilient<string, unknown>>();
});

test('a version is a number or a text, and a time to live is not optional', () => {
  type Options = CacheOptions<{ readonly id: string; readonly at: Date }>;
  expectTypeOf<Fits<{ name: 'a'; ttlMs: 1; version: () => Date }, Options>>().toEqualTypeOf<false>();
  expectTypeOf<Fits<{ name: 'a'; ttlMs: 1; version: () => 'a' }, Options>>().toEqualTypeOf<true>();
  expectTypeOf<Fits<{ name: 'a' }, Options>>().toEqualTypeOf<false>();
});
