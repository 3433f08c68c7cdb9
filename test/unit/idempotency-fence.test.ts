import { describe, expect, test } from 'vitest';
import { idempotencyWorld, LEASE_MS } from '../support/idempotency-world.ts';

describe('the fence of a run', () => {
  test('grows with every run of the key, whatever became of the one before', async () => {
    const { promise: unknown } = Promise.withResolvers<never>();
    const fences: number[] = [];
    const ends = [
      () => Promise.reject(new Error('failed for certain')),
      () => unknown,
      () => Promise.reject(new Error('failed for certain')),
      async () => 'done',
    ];
    const { clock, call, store, events } = idempotencyWorld(
      ({ fence }) => {
        fences.push(fence);
        return ends.shift()?.() ?? Promise.resolve('again');
      },
      { retentionSeconds: 1 },
    );
    await call();
    await clock.advance(1);
    void call();
    await clock.advance(LEASE_MS + 1);
    await call();
    await clock.advance(1);
    await call();
    // Its record is past its retention, and then removed by the table.
    await clock.advance(10_000);
    await call();
    await clock.advance(10_000);
    await store.delete(events[0]?.key ?? '');
    await call();

    expect(fences).toHaveLength(6);
    expect(fences).toEqual(fences.toSorted((one, other) => one - other));
    expect(new Set(fences).size).toBe(6);
  });
});
