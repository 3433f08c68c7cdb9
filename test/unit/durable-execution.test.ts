import { describe, expect, test } from 'vitest';
import type { WriteResult } from '../../lib/core/store.ts';
import { InFlightError, PayloadMismatchError } from '../../lib/idempotency/errors.ts';
import { type ClaimedRun, IdempotencyGuard } from '../../lib/idempotency/guard.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

const LEASE_MS = 60_000 + 5_000;
const DURABLE = Symbol.for('@aws/durable-execution-sdk-js/durable-context');

/** The context of one invocation of a durable execution. */
const contextOf = (durableExecutionArn: string, remainingMs = 10_000) => ({
  [DURABLE]: true,
  lambdaContext: { getRemainingTimeInMillis: () => remainingMs },
  executionContext: { durableExecutionArn },
});

function world() {
  const clock = fakeClock();
  const inner = memoryStore();
  const store = { ...inner };
  const guard = new IdempotencyGuard<string>({
    ...{ store, operation: 'order', key: () => 'k', payload: (event) => event },
    ...{ durableWorkMs: 60_000, clock, random: seededRandom(1) },
  });
  const begin = (arn: string, payload = 'tea') => guard.begin(payload, contextOf(arn));
  const run = async (arn: string): Promise<ClaimedRun> => {
    const begun = await begin(arn);
    if (begun.kind !== 'run') throw new Error(`expected a run, got ${begun.kind}`);
    return begun;
  };
  /** The n-th write of what is done stays under way until its sender has given it up. Gives what lets it arrive. */
  const delay = async (nth: number, work: () => Promise<unknown>) => {
    let writes = 0;
    let arrive = (): Promise<unknown> => Promise.reject(new Error('nothing was sent'));
    const send = (write: () => Promise<WriteResult>) => {
      if (++writes !== nth) return write();
      arrive = write;
      return new Promise<never>(() => {});
    };
    store.put = (...call) => send(() => inner.put(...call));
    store.delete = (...call) => send(() => inner.delete(...call));
    const done = work().catch(() => undefined);
    await clock.advance(3_000);
    await done;
    Object.assign(store, inner);
    return () => arrive();
  };
  const complete = async (one: ClaimedRun, result: string) => (await guard.end(one, { result }))?.result;
  const fail = (one: ClaimedRun) => guard.end(one, { error: new Error('declined') });
  return { clock, guard, begin, run, complete, fail, delay };
}

describe('a durable execution', () => {
  test('goes on with its run in a later invocation, while others are refused', async () => {
    const { complete, begin, run } = world();
    const first = await run('a');

    await expect(begin('b')).rejects.toThrow(InFlightError);
    const second = await run('a');
    await complete(second, 'done');

    expect(second.record.fence).toBeGreaterThan(first.record.fence);
    expect(await begin('a')).toEqual({ kind: 'replay', result: 'done' });
    expect(await begin('b')).toEqual({ kind: 'replay', result: 'done' });
  });

  test('has one lease for all its invocations', async () => {
    const { clock, begin, run } = world();
    await run('a');
    await clock.advance(30_000);
    await run('a');

    await clock.advance(LEASE_MS - 30_000);
    await expect(begin('b')).rejects.toThrow(InFlightError);
    await clock.advance(1);

    await expect(run('b')).resolves.toMatchObject({ kind: 'run' });
  });

  test.each([
    ['ends soon', LEASE_MS - 1],
    ['has ended', LEASE_MS + 1],
  ])('has one for each invocation even so, when that of all of them %s', async (_, laterMs) => {
    const { clock, begin, run } = world();
    await run('a');
    await clock.advance(laterMs);
    await run('a');

    await clock.advance(10_000 + 5_000);
    await expect(begin('b')).rejects.toThrow(InFlightError);
    await clock.advance(1);

    await expect(run('b')).resolves.toMatchObject({ kind: 'run' });
  });

  test('has one for its first invocation even so, when all of them together were to take less', async () => {
    const { clock, guard, begin } = world();
    await guard.begin('tea', contextOf('a', 900_000));

    await clock.advance(900_000 + 5_000);

    await expect(begin('b')).rejects.toThrow(InFlightError);
  });

  test('is refused with another payload, though the run is its own', async () => {
    const { complete, begin, run } = world();
    const first = await run('a');
    await expect(begin('a', 'coffee')).rejects.toThrow(PayloadMismatchError);

    await complete(first, 'done');

    await expect(begin('a', 'coffee')).rejects.toThrow(PayloadMismatchError);
  });

  test('of which one has a name that begins with that of another is another', async () => {
    const { begin, run } = world();
    await run('a');

    await expect(begin('a1')).rejects.toThrow(InFlightError);
  });
});

describe('what an earlier try of a durable execution has sent and given up', () => {
  test('does not free the key of the later one', async () => {
    const { fail, begin, run, delay } = world();
    const first = await run('a');
    const arrive = await delay(1, () => fail(first));
    await run('a');

    await arrive();

    await expect(begin('b')).rejects.toThrow(InFlightError);
  });

  test('is not recorded in place of what the later one has recorded', async () => {
    const { complete, begin, run, delay } = world();
    const first = await run('a');
    const arrive = await delay(1, () => complete(first, 'first'));
    const second = await run('a');

    await arrive();

    expect(await complete(second, 'second')).toBe('second');
    expect(await begin('b')).toEqual({ kind: 'replay', result: 'second' });
  });

  test('cannot be taken over from any more once the key was free in between', async () => {
    const { clock, complete, fail, begin, run, delay } = world();
    const first = await run('a');
    await clock.advance(LEASE_MS + 1);
    const arrive = await delay(2, () => begin('b'));
    await fail(first);
    const second = await run('a');

    await arrive();

    expect(await complete(second, 'done')).toBe('done');
  });
});
