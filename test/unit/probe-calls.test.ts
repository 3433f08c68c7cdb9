import { describe, expect, test, vi } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import type { CircuitBreaker } from '../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { Call, CallContext } from '../../lib/core/execution.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, lambdaContext, seededRandom } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { failing, never } from '../support/outcomes.ts';

/** More than either kind is open for. */
const OPEN_MS = 6_000;

type MakesBreaker = (clock: FakeClock) => CircuitBreaker;

const BREAKERS: readonly (readonly [string, MakesBreaker])[] = [
  ['a breaker of this environment', (clock) => circuitBreaker({ name: 'posts', clock, openMs: 5_000 })],
  [
    'a shared breaker',
    (clock) =>
      sharedBreaker({
        ...{ name: 'posts', store: memoryStore(), clock, openMs: 5_000 },
        random: { ...seededRandom(1), next: () => 0 },
      }),
  ],
];

/** A policy whose breaker has opened, and lets one call probe by now. */
async function halfOpen(makeBreaker: MakesBreaker) {
  const clock = fakeClock();
  const breaker = makeBreaker(clock);
  const posts = resilient<string>({ name: 'posts', breaker, attemptTimeoutMs: 1_000, clock });
  for (let calls = 0; breaker.state === 'closed'; calls++) {
    if (calls > 60) throw new Error('expected the breaker to open');
    await posts.outcome(failing);
  }
  await clock.advance(OPEN_MS);
  return { clock, breaker, posts };
}

/** Probes until it is closed. */
async function closes(breaker: CircuitBreaker, probe: () => Promise<unknown>) {
  for (let probes = 0; probes < 5 && breaker.state !== 'closed'; probes++) await probe();
  expect(breaker.state).toBe('closed');
}

describe.each(BREAKERS)('a call in a probe of %s', (_kind, makeBreaker) => {
  test.each<readonly [string, (context: CallContext) => object]>([
    ['the context of the probe', (context) => context],
    ['nothing', () => ({})],
  ])('is made, and the probe closes the breaker: it is handed %s', async (_what, optionsOf) => {
    const { breaker, posts } = await halfOpen(makeBreaker);
    const call: Call<string> = (context) => posts.execute(async () => 'inner', optionsOf(context));

    expect(await posts.outcome(call)).toMatchObject({ source: 'live', value: 'inner' });
    await closes(breaker, () => posts.execute(call));
  });

  test('is made at any depth', async () => {
    const { breaker, posts } = await halfOpen(makeBreaker);
    const deep =
      (depth: number): Call<string> =>
      () =>
        depth === 0 ? 'the deepest' : posts.execute(deep(depth - 1));

    expect(await posts.execute(deep(5))).toBe('the deepest');
    await closes(breaker, () => posts.execute(deep(5)));
  });

  test('is made by another policy under the same breaker', async () => {
    const { clock, breaker, posts } = await halfOpen(makeBreaker);
    const other = resilient<string>({ name: 'other', breaker, attemptTimeoutMs: 1_000, clock });
    const call: Call<string> = () => other.execute(() => posts.execute(async () => 'inner'));

    expect(await posts.execute(call)).toBe('inner');
    await closes(breaker, () => other.execute(call));
  });

  test('is made by the breaker itself', async () => {
    const { breaker, posts } = await halfOpen(makeBreaker);

    expect(await posts.execute(() => breaker.execute(async () => 'inner'))).toBe('inner');
    expect(await breaker.execute(() => posts.execute(async () => 'inner'))).toBe('inner');
  });

  test('is made after the probe has waited for something', async () => {
    const { clock, posts } = await halfOpen(makeBreaker);
    const run = posts.execute(async () => {
      await sleep(clock, 100);
      return posts.execute(async () => 'inner');
    });
    await clock.advance(100);

    expect(await run).toBe('inner');
  });

  test('is made with others at once', async () => {
    const { posts } = await halfOpen(makeBreaker);
    const call = () => posts.execute(async () => 'inner');

    expect(await posts.execute(async () => (await Promise.all([call(), call(), call()])).join())).toBe(
      'inner,inner,inner',
    );
  });

  test('is made in an invocation whose time is known', async () => {
    const { clock, breaker, posts } = await halfOpen(makeBreaker);
    const call: Call<string> = () => posts.execute(async () => 'inner');
    const handler = withDeadline({ clock }, () => posts.execute(call));
    const invoke = () => handler({}, lambdaContext({ clock }));

    expect(await invoke()).toBe('inner');
    await closes(breaker, invoke);
  });

  test('is not counted: the outcome of the probe is that of its own function', async () => {
    const { breaker, posts } = await halfOpen(makeBreaker);
    const call: Call<string> = () => posts.execute(failing).catch(() => 'without it');

    expect(await posts.execute(call)).toBe('without it');
    await closes(breaker, () => posts.execute(call));
  });

  test('opens the breaker again where the probe fails because of it', async () => {
    const { breaker, posts } = await halfOpen(makeBreaker);

    await posts.outcome(() => posts.execute(failing));

    expect(breaker.state).toBe('open');
  });

  test('is no other call that comes during the probe, which is rejected', async () => {
    const { clock, posts } = await halfOpen(makeBreaker);
    const work = vi.fn(async () => 'fine');
    const probe = posts.execute(async () => {
      await sleep(clock, 100);
      return 'probed';
    });
    await clock.advance(1);

    expect(await errorOf(posts.execute(work))).toMatchObject({ code: 'BREAKER_OPEN' });
    expect(work).not.toHaveBeenCalled();
    await clock.advance(100);
    expect(await probe).toBe('probed');
  });

  test('is none any more when the probe has failed: what it left running is rejected', async () => {
    const { clock, posts, breaker } = await halfOpen(makeBreaker);
    const work = vi.fn(async () => 'fine');
    let left: Promise<unknown> | undefined;
    await posts.outcome(() => {
      left = sleep(clock, 100).then(() => errorOf(posts.execute(work)));
      return failing();
    });
    expect(breaker.state).toBe('open');
    await clock.advance(100);

    expect(await left).toMatchObject({ code: 'BREAKER_OPEN' });
    expect(work).not.toHaveBeenCalled();
  });

  test.each([
    ['outside of an invocation', false],
    ['in an invocation', true],
  ])('is none any more when the probe took too long, %s', async (_where, isInInvocation) => {
    const { clock, posts, breaker } = await halfOpen(makeBreaker);
    const work = vi.fn(async () => 'fine');
    let left: Promise<unknown> | undefined;
    const probe = () =>
      posts.outcome(() => {
        left = sleep(clock, 1_500).then(() => errorOf(posts.execute(work)));
        return never();
      });
    const run = isInInvocation
      ? withDeadline({ clock }, probe)({}, lambdaContext({ remainingMs: 10_000, clock }))
      : probe();
    await clock.advance(1_000);
    await run;
    expect(breaker.state).toBe('open');
    await clock.advance(500);

    expect(await left).toMatchObject({ code: 'BREAKER_OPEN' });
    expect(work).not.toHaveBeenCalled();
  });
});
