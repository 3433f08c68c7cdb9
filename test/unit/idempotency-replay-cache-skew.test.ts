import { expect, test } from 'vitest';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock } from '../../lib/testing/index.ts';

/** Sandboxes with caches on one store, whose clocks are off by so much. */
function world(...skewsMs: number[]) {
  const clock = fakeClock();
  const store = memoryStore();
  let runs = 0;
  const sandboxes = skewsMs.map((skewMs) => {
    const own = { ...clock, now: () => clock.now() + skewMs };
    const options = { store, operation: 'order', key: () => 'k', clock: own, retentionSeconds: 20 };
    const order = idempotent({ ...options, replayCache: {} }, async () => `result ${++runs}`);
    return () => order({}, { getRemainingTimeInMillis: () => 3_000 });
  });
  return { clock, store, sandboxes };
}

test('a sandbox that keeps results hands them out without asking the store', async () => {
  const { store, sandboxes } = world(0);
  const [call] = sandboxes;
  expect(await call?.()).toBe('result 1');

  store.put = () => Promise.reject(new Error('asked'));

  expect(await call?.()).toBe('result 1');
});

test('a sandbox whose clock is behind gives up a result before another one can run again', async () => {
  const { clock, sandboxes } = world(-2_500, 2_500);
  const [behind, ahead] = sandboxes;
  expect(await behind?.()).toBe('result 1');
  await clock.advance(20_500);
  expect(await ahead?.()).toBe('result 1');

  await clock.advance(1);

  expect(await ahead?.()).toBe('result 2');
  expect(await behind?.()).toBe('result 2');
});
