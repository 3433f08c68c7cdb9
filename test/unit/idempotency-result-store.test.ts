import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ResultStore } from '../../lib/idempotency/codec.ts';
import { OwnershipLostError, ResultNotStoredError } from '../../lib/idempotency/errors.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

/** Too large for a record, compressed too. Not for a matcher, which would print all of it. */
const large = (what: string) => what + randomBytes(400_000).toString('base64');

function world(results: Promise<string>[]) {
  const clock = fakeClock();
  const texts = new Map<string, string>();
  const resultStore: ResultStore = {
    async put(key, text) {
      texts.set(key, text);
    },
    get: async (key) => texts.get(key),
  };
  const options = { store: memoryStore(), operation: 'order', key: () => 'k', resultStore };
  const order = idempotent(
    { ...options, clock, random: seededRandom(1) },
    () => results.shift() ?? Promise.reject(new Error('unexpected')),
  );
  const call = () => order({}, { getRemainingTimeInMillis: () => 3_000 }).catch((error: unknown) => error);
  return { clock, texts, call };
}

describe('a result that is too large for a record', () => {
  test('is replayed from where it was put', async () => {
    const result = large('one');
    const { call, texts } = world([Promise.resolve(result)]);

    expect((await call()) === result).toBe(true);
    expect((await call()) === result).toBe(true);
    texts.clear();
    expect(await call()).toBeInstanceOf(ResultNotStoredError);
  });

  test('of a run that was overtaken does not replace the one of the run that took over', async () => {
    const first = Promise.withResolvers<string>();
    const result = large('second');
    const { clock, call } = world([first.promise, Promise.resolve(result)]);
    const late = call();
    await clock.advance(8_001);
    expect((await call()) === result).toBe(true);

    first.resolve(large('late'));

    expect(await late).toBeInstanceOf(OwnershipLostError);
    expect((await call()) === result).toBe(true);
  });
});
