import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type { Item, Store } from '../../lib/core/store.ts';
import {
  InFlightError,
  OutcomeUnknownError,
  OwnershipLostError,
  PayloadMismatchError,
} from '../../lib/idempotency/errors.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { hasJava, startTestEngine, type TestEngine } from '../support/engines.ts';
import { idempotentBefore } from './before/idempotent.ts';

interface Request {
  readonly key?: unknown;
  readonly body?: unknown;
}
type Work = () => Promise<unknown>;
type Version = 'before' | 'now';

const context = { getRemainingTimeInMillis: () => 3_000 };
const LEASE_MS = 3_000 + 5_000;
const BOTH_WAYS: readonly (readonly [Version, Version])[] = [
  ['before', 'now'],
  ['now', 'before'],
];

/** Both versions on one store, as in the minutes of a deployment. */
function deployment(inner: Store) {
  const clock = fakeClock();
  const written = new Map<string, Item>();
  const store: Store = {
    ...inner,
    put(key, item, options) {
      written.set(key, item);
      return inner.put(key, item, options);
    },
  };
  const options = {
    store,
    operation: 'order',
    key: ({ key = 'k' }: Request) => key,
    payload: ({ body = null }: Request) => body,
    clock,
  };
  let sandboxes = 0;
  const runs: Version[] = [];
  /** One call in a sandbox of its own. Settles with the answer or, as well, the error. */
  const call = (
    version: Version,
    work: Work = async () => `of ${version}`,
    request: Request = {},
    more: Partial<IdempotencyOptions<Request>> = {},
  ): Promise<unknown> => {
    const random = seededRandom(++sandboxes);
    const run = () => {
      runs.push(version);
      return work();
    };
    const handler =
      version === 'before'
        ? idempotentBefore<Request>({ ...options, random }, run)
        : idempotent<Request, unknown, unknown>({ ...options, random, ...more }, run);
    return handler(request, context).catch((error: unknown) => error);
  };
  /** A run that has begun and goes on until the test says how it ends. */
  const begin = async (version: Version) => {
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<unknown>();
    const answer = call(version, () => {
      begun.resolve();
      return end.promise;
    });
    await begun.promise;
    return { ...end, answer };
  };
  return { clock, written, runs, call, begin };
}

function together(fresh: () => Promise<Store>): void {
  test.each(BOTH_WAYS)('what %s has completed is replayed by %s', async (first, second) => {
    const { call, runs } = deployment(await fresh());

    expect([await call(first), await call(second), await call(first)]).toEqual(Array(3).fill(`of ${first}`));

    expect(runs).toEqual([first]);
  });

  test.each(BOTH_WAYS)('a result of undefined of %s is one for %s too', async (first, second) => {
    const { call, runs } = deployment(await fresh());
    await call(first, async () => undefined);

    expect(await call(second)).toBeUndefined();

    expect(runs).toEqual([first]);
  });

  test.each(BOTH_WAYS)('while %s runs, %s does not run beside it', async (first, second) => {
    const { clock, call, begin, runs } = deployment(await fresh());
    const run = await begin(first);
    expect(await call(second)).toBeInstanceOf(InFlightError);
    await clock.advance(LEASE_MS);
    expect(await call(second)).toBeInstanceOf(InFlightError);

    run.resolve('done');

    expect(await run.answer).toBe('done');
    expect(await call(second)).toBe('done');
    expect(runs).toEqual([first]);
  });

  test.each(BOTH_WAYS)(
    'when the lease of %s is over, %s takes over, and the late result is not recorded',
    async (first, second) => {
      const { clock, call, begin, runs } = deployment(await fresh());
      const run = await begin(first);
      await clock.advance(LEASE_MS + 1);
      await call(second);

      run.resolve('late');

      expect(await run.answer).toBeInstanceOf(OwnershipLostError);
      expect([await call(first), await call(second)]).toEqual([`of ${second}`, `of ${second}`]);
      expect(runs).toEqual([first, second]);
    },
  );

  test.each(BOTH_WAYS)(
    'when the lease of %s is over, %s takes over, and a late failure frees nothing',
    async (first, second) => {
      const { clock, call, begin, runs } = deployment(await fresh());
      const run = await begin(first);
      await clock.advance(LEASE_MS + 1);
      await call(second);

      run.reject(new Error('late'));
      await run.answer;

      expect(await call(first)).toBe(`of ${second}`);
      expect(runs).toEqual([first, second]);
    },
  );

  test.each(BOTH_WAYS)('when a run of %s has failed, %s runs', async (first, second) => {
    const { call } = deployment(await fresh());
    await call(first, () => Promise.reject(new Error('declined')));

    expect(await call(second)).toBe(`of ${second}`);
  });

  test.each(BOTH_WAYS)('another payload than that of %s is refused by %s', async (first, second) => {
    const { call, runs } = deployment(await fresh());
    await call(first, undefined, { body: 1 });

    expect(await call(second, undefined, { body: 2 })).toBeInstanceOf(PayloadMismatchError);

    expect(runs).toEqual([first]);
  });

  test.each<[string, Work, string]>([
    ['compressed', async () => 'x'.repeat(2_000), 'gzip'],
    ['elsewhere', async () => randomBytes(400_000).toString('base64'), 'elsewhere'],
    ['nowhere, since JSON cannot hold it', async () => 1n, 'none'],
    ['nowhere, since it was a stream', async () => Readable.from(['x']), 'none'],
  ])('a result that is %s is refused by the version before, which does not run', async (_, work, form) => {
    const { clock, call, written, runs } = deployment(await fresh());
    await call('now', work, {}, { resultStore: { put: async () => {}, get: async () => undefined } });
    expect([...written.values()]).toMatchObject([{ state: 'completed', form }]);

    expect(await call('before')).toBeInstanceOf(StoreError);
    await clock.advance(LEASE_MS + 1);
    expect(await call('before')).toBeInstanceOf(StoreError);

    expect(runs).toEqual(['now']);
  });

  test('a run of the version before that ended without an outcome is held by the new one where it should be', async () => {
    const { clock, call, begin, runs } = deployment(await fresh());
    await begin('before');
    await clock.advance(LEASE_MS + 1);

    expect(await call('now', undefined, {}, { onUnknownOutcome: 'hold' })).toBeInstanceOf(
      OutcomeUnknownError,
    );

    expect(runs).toEqual(['before']);
  });

  test('the fence grows over a run of the version before, which knows of none', async () => {
    const { clock, call, written } = deployment(await fresh());
    const fences: unknown[] = [];
    const failing: Work = () => {
      fences.push(...[...written.values()].map(({ fence }) => fence));
      return Promise.reject(new Error('declined'));
    };
    await call('now', failing);
    await clock.advance(1);
    await call('before', failing);
    await clock.advance(1);
    await call('now', failing);

    expect(fences).toEqual([expect.any(Number), undefined, expect.any(Number)]);
    expect(fences[2]).toBeGreaterThan(Number(fences[0]));
  });

  test('the same options make the same key and the same fingerprint', async () => {
    const requests: readonly Request[] = [
      { key: 'k' },
      { key: 0 },
      { key: '' },
      { key: { b: [1, null], a: 'é' }, body: { y: 1, x: -0 } },
      { key: ['a', 'b'], body: 'text' },
    ];
    for (const request of requests) {
      const [before, now] = await Promise.all(
        (['before', 'now'] as const).map(async (version) => {
          const { call, written } = deployment(memoryStore());
          await call(version, undefined, request);
          return [...written].map(([key, { payload }]) => ({ key, payload }));
        }),
      );

      expect(now).toEqual(before);
      expect(now).toHaveLength(1);
    }
  });
}

describe('two versions on the store in memory', () => {
  together(async () => memoryStore());

  // Only here is a duplicate certain to be waiting by the time that the clock goes on.
  test('a duplicate of the new one waits for a run of the one before', async () => {
    const { clock, call, begin, runs } = deployment(memoryStore());
    const run = await begin('before');
    const duplicate = call('now', undefined, {}, { waitMs: 2_000 });
    await settle();
    run.resolve('done');
    await run.answer;
    await clock.advance(100);

    expect(await duplicate).toBe('done');
    expect(runs).toEqual(['before']);
  });
});

describe.skipIf(!hasJava)('two versions on DynamoDB Local', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine('dynamodb-local');
  });
  afterAll(() => engine.stop());

  together(() => engine.store());
});
