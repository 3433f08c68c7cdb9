import { describe, expect, test } from 'vitest';
import type { Call } from '../../lib/core/execution.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { POLICIES } from '../support/every-policy.ts';

describe('what a function returns', () => {
  /** As the promises of other libraries are, e.g. of query builders. */
  const thenable = (settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void) =>
    Object.defineProperty({}, 'then', { value: settle });

  test.each(POLICIES)('is a value, a promise or a thenable: %s', async (_name, make) => {
    const policy = await make(fakeClock());
    const date = new Date(0);
    const returned: readonly (readonly [Call<unknown>, unknown])[] = [
      [() => 'fine', 'fine'],
      [() => 0, 0],
      [() => null, null],
      [() => undefined, undefined],
      [() => date, date],
      [async () => 'fine', 'fine'],
      [() => thenable((resolve) => resolve('fine')), 'fine'],
      [() => thenable((resolve) => resolve(Promise.resolve('fine'))), 'fine'],
      [async () => thenable((resolve) => resolve('fine')), 'fine'],
    ];
    for (const [call, value] of returned) expect(await policy.execute(call)).toBe(value);
  });

  test.each(POLICIES.filter(([name]) => !name.includes('fallback') && !name.includes('all')))(
    'is an error where it throws at once, or its thenable does: %s',
    async (_name, make) => {
      const clock = fakeClock();
      const policy = await make(clock);
      const thrown = Object.assign(new Error('bad'), { status: 404 });
      const throws = () => {
        throw thrown;
      };
      const returned: readonly Call<unknown>[] = [
        throws,
        async () => throws(),
        () => Promise.reject(thrown),
        () => thenable((_resolve, reject) => reject(thrown)),
        () => thenable(throws),
        () => Object.defineProperty({}, 'then', { get: throws }),
      ];
      for (const call of returned) expect(await errorOf(policy.execute(call))).toBe(thrown);
    },
  );

  test.each(POLICIES)(
    'is never waited for in the turn in which execute is called: %s',
    async (_name, make) => {
      const policy = await make(fakeClock());
      // A function that is none rejects too: execute never throws.
      const run = policy.execute('no function' as never);

      expect(run).toBeInstanceOf(Promise);
      await errorOf(run);
    },
  );
});

describe('what a function is handed', () => {
  test.each(POLICIES)(
    'is a signal that has not aborted, its attempt and its time: %s',
    async (_name, make) => {
      const policy = await make(fakeClock());

      await policy.execute(
        ({ signal, attempt, key, remainingMs }) => {
          expect(signal).toBeInstanceOf(AbortSignal);
          expect([signal.aborted, attempt, key]).toEqual([false, 1, '7']);
          expect(remainingMs()).toBeGreaterThan(0);
          return 'fine';
        },
        { key: '7' },
      );
    },
  );

  // A load of a cache is for all that wait for it, so its time is its own.
  const direct = POLICIES.filter(([name]) => !name.includes('cache'));

  test.each(direct)('is no more time than its caller has: %s', async (_name, make) => {
    const policy = await make(fakeClock());

    expect(await policy.execute(({ remainingMs }) => remainingMs(), { remainingMs: 70 })).toBe(70);
  });
});

describe('a wrapped function', () => {
  test('rejects where what makes its key throws', async () => {
    const posts = resilient<string>({ name: 'posts', clock: fakeClock() });
    const thrown = new Error('no id');
    const wrapped = posts.wrap(async (_context, id: string) => id, {
      key: () => {
        throw thrown;
      },
    });
    let run: Promise<string> | undefined;

    expect(() => {
      run = wrapped('7');
    }).not.toThrow();
    expect(await errorOf(run as Promise<string>)).toBe(thrown);
  });
});
