import { beforeAll, expect, test, vi } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import { allOf, optional } from '../../lib/idempotency/parts.ts';
import { idempotencyWorld } from '../support/idempotency-world.ts';

/** Another copy of the package, as two versions of it in one bundle are. */
async function load() {
  vi.resetModules();
  const errors = await import('../../lib/core/errors.ts');
  const sources = await import('../../lib/idempotency/sources.ts');
  return { ...errors, ...sources };
}
let other: Awaited<ReturnType<typeof load>>;
beforeAll(async () => {
  other = await load();
  expect(new other.StoreError('down')).not.toBeInstanceOf(FibrinError);
});

const down = () => Promise.reject(new other.StoreError('down'));

test('a store of another copy that fails lets run without protection where that is wanted', async () => {
  const { call, store, happened } = idempotencyWorld(async () => 'done', { onStoreError: 'run' });
  store.put = down;

  expect(await call()).toBe('done');
  expect(happened()).toEqual(['unprotected']);
});

test('a store of another copy that does not record the result leaves the outcome unknown', async () => {
  const world = idempotencyWorld(async () => {
    world.store.put = down;
    return 'done';
  });
  await world.call();

  expect(world.happened()).toEqual(['claimed', 'unknown']);
});

test('a part of another copy may be missing where it is optional', () => {
  const key = allOf(() => 'a', optional(other.header('Idempotency-Key')));

  expect(key({ headers: {} })).toEqual(['a', null]);
});

test('a timeout of another copy leaves the outcome unknown', async () => {
  const { call, happened } = idempotencyWorld(() =>
    Promise.reject(new other.AttemptTimeoutError('payments', 100)),
  );
  await call();

  expect(happened()).toEqual(['claimed', 'unknown']);
});
