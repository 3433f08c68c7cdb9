import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { SharedBreakerOptions } from '../../lib/breaker/options.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { InvalidOptionError, ValidationError } from '../../lib/core/errors.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { FAILURES_TO_OPEN, times } from '../support/fleet.ts';
import { failing } from '../support/outcomes.ts';
import { build } from '../support/resilient-posts.ts';

const shared = (given: Partial<SharedBreakerOptions> = {}) =>
  sharedBreaker({ name: 'posts', store: memoryStore(), ...given });

describe('the options of resilient', () => {
  test.each<[string, Partial<ResilientOptions<string>>]>([
    ['`name`', { name: 'with space' }],
    ['`totalTimeoutMs`', { totalTimeoutMs: 0 }],
    ['`attemptTimeoutMs`', { attemptTimeoutMs: Number.NaN }],
    ['resilient "posts".retry: expected `maxAttempts`', { retry: { maxAttempts: 0 } }],
    ['`validate` to be a Standard Schema', { validate: {} as StandardSchemaV1<unknown, string> }],
    ['resilient "posts".breaker: expected `failureRatio`', { breaker: { failureRatio: 2 } }],
    [
      'resilient "posts".breaker: `store` is an option of `sharedBreaker`',
      { breaker: { store: memoryStore() } as object },
    ],
  ])('are refused at construction where one is wrong: %s', (message, wrong) => {
    const construct = () => resilient<string>({ name: 'posts', ...wrong });

    expect(construct).toThrow(InvalidOptionError);
    expect(construct).toThrow(message);
  });

  test.each<[number | undefined, Partial<ResilientOptions<string>>]>([
    [3_099, { attemptTimeoutMs: 3_000 }],
    [undefined, { attemptTimeoutMs: 11_901, totalTimeoutMs: 20_000 }],
    [undefined, { attemptTimeoutMs: false, totalTimeoutMs: false }],
  ])(
    'are refused where a probe of the shared breaker could not end within its openMs: openMs %s with %j',
    (openMs, limits) => {
      const breaker = shared(openMs === undefined ? {} : { openMs });
      const construct = () => resilient<string>({ name: 'posts', ...limits, breaker });

      expect(construct).toThrow(InvalidOptionError);
      expect(construct).toThrow(
        /expected `attemptTimeoutMs` to be at most \d+, so that a probe of breaker "posts" can end within its `openMs`/,
      );
    },
  );

  test.each<[number, Partial<ResilientOptions<string>>]>([
    [3_100, { attemptTimeoutMs: 3_000 }],
    // No attempt takes longer than the whole call.
    [3_100, { attemptTimeoutMs: 60_000, totalTimeoutMs: 3_000 }],
  ])(
    'are accepted where a probe has the time to be claimed, made and reported: openMs %s with %j',
    (openMs, limits) => {
      expect(() => resilient({ name: 'posts', ...limits, breaker: shared({ openMs }) })).not.toThrow();
    },
  );

  test('are refused where the total timeout leaves no time to report an outcome to a shared breaker', () => {
    const construct = (totalTimeoutMs: number) => () =>
      resilient({ name: 'posts', totalTimeoutMs, breaker: shared() });

    expect(construct(25)).toThrow(
      'expected `totalTimeoutMs` to be more than the 25 ms in which breaker "posts" reports an outcome, got 25',
    );
    expect(construct(26)).not.toThrow();
  });

  test('accept a schema that is a function, as those of arktype are', async () => {
    const posts = resilient({ name: 'posts', validate: Object.assign(() => {}, v.number()) });

    expect(await posts.execute(async () => 7)).toBe(7);
    await expect(posts.execute(async () => 'seven')).rejects.toBeInstanceOf(ValidationError);
  });

  test("give the policy's own breaker the policy's name", () => {
    const { posts } = build<string>({ breaker: {} });

    expect(posts.breaker?.name).toBe('posts');
  });

  test('keep the name of a breaker that is an instance, in the policy and in its store', async () => {
    const store = memoryStore();
    for (const name of ['posts', 'other']) {
      const breaker = shared({ store, name });
      const { posts } = build<string>({ breaker });
      await times(FAILURES_TO_OPEN, () => posts.outcome(failing));
      expect(posts.breaker).toBe(breaker);
    }

    expect(await store.get('breaker#posts')).toMatchObject({ state: 'open' });
    expect(await store.get('breaker#other')).toMatchObject({ state: 'open' });
  });
});
