import { describe, expect, test, vi } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { enterInvocationContext, type Invocation, runInContext } from '../../lib/core/invocation-context.ts';
import { deadlineHeaders, remainingMs } from '../../lib/deadline/next-hop.ts';
import { withDeadline } from '../../lib/deadline/with-deadline.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type FakeClock, fakeClock, lambdaContext } from '../../lib/testing/index.ts';
import { answersAfter, errorOf } from '../support/dependency.ts';
import { never } from '../support/outcomes.ts';

/** Longer than any invocation here. */
const LATER_MS = 60_000;

function subject() {
  const clock = fakeClock();
  const posts = resilient<string>({ name: 'posts', attemptTimeoutMs: 800, clock });
  /** An invocation that has 2,700 ms for its work. */
  const invoke = <R>(handle: () => R | Promise<R>, options = {}): Promise<R> =>
    withDeadline({ clock, ...options }, handle)({}, lambdaContext({ clock }));
  return { clock, posts, invoke };
}

const done = async <T>(clock: FakeClock, ms: number, run: Promise<T>): Promise<T> => {
  await clock.advance(ms);
  return run;
};

describe('an invocation that is over', () => {
  test('limits no later call, made in the context that it has left behind', async () => {
    const { clock, posts } = subject();
    // As a middleware enters it, which has no function to run it around.
    const invocation: Invocation = { isOver: false };
    const handler = async () => {
      enterInvocationContext({ scope: invocation, clock, endsAt: clock.monotonic() + 1_000, invocation });
      await clock.advance(500);
    };
    await runInContext({ scope: { isOver: true }, clock, endsAt: 0 }, async () => {
      const run = handler();
      // What runs after it in the same context, as the next turn of the runtime's loop does.
      await run;
      invocation.isOver = true;
      await clock.advance(LATER_MS);

      expect([remainingMs(), deadlineHeaders()]).toEqual([undefined, {}]);
      expect(await done(clock, 1_000, posts.outcome(answersAfter(clock, 120)))).toMatchObject({
        ...{ source: 'live', attempts: 1 },
      });
    });
  });

  test('limits no later call, made after the handler has answered', async () => {
    const { clock, posts, invoke } = subject();
    await invoke(async () => 'answer');
    await clock.advance(LATER_MS);

    expect(await posts.outcome(async () => 'fine')).toMatchObject({ source: 'live', attempts: 1 });
  });

  test('limits no refresher that it has started, in this invocation or any later one', async () => {
    const { clock, posts, invoke } = subject();
    const outcomes: string[] = [];
    const refresh = async () => {
      for (let rounds = 0; rounds < 3; rounds++) {
        await sleep(clock, 20_000);
        outcomes.push((await posts.outcome(async () => 'fresh')).source);
      }
    };
    let refresher: Promise<void> | undefined;
    await invoke(async () => {
      refresher = refresh();
    });
    await clock.advance(20_000);
    await invoke(async () => 'answer');
    await clock.advance(LATER_MS);
    await refresher;

    expect(outcomes).toEqual(['live', 'live', 'live']);
  });

  test.each([
    ['has succeeded', async () => 'fine'],
    ['has failed', async () => Promise.reject(new Error('down'))],
    ['was given up', never],
  ])('limits no refresher that was started in an attempt of it which %s', async (_how, call) => {
    const { clock, posts, invoke } = subject();
    let refresher: Promise<unknown> | undefined;
    const first = invoke(() =>
      posts.outcome(() => {
        refresher ??= sleep(clock, LATER_MS).then(() => posts.outcome(async () => 'fresh'));
        return call();
      }),
    );
    await done(clock, 1_000, first);
    await clock.advance(LATER_MS);

    expect(await refresher).toMatchObject({ source: 'live', value: 'fresh' });
  });

  test('limits no invocation that is called in the context that it has left behind', async () => {
    const { clock, invoke } = subject();
    const left: (number | undefined)[] = [];
    let next: Promise<unknown> | undefined;
    await invoke(async () => {
      next = sleep(clock, LATER_MS).then(() => invoke(() => void left.push(remainingMs())));
    });
    await clock.advance(LATER_MS);
    await next;

    expect(left).toEqual([2_700]);
  });

  test('is over when its handler throws, and when its time has ended it', async () => {
    const { clock, posts, invoke } = subject();
    let leftBehind: Promise<unknown> | undefined;
    const startsWork = () => {
      leftBehind = sleep(clock, LATER_MS).then(() => posts.outcome(async () => 'fine'));
    };
    await invoke(() => {
      startsWork();
      throw new Error('bad');
    }).catch(() => undefined);
    await clock.advance(LATER_MS);
    expect(await leftBehind).toMatchObject({ source: 'live' });

    const hung = errorOf(
      invoke(() => {
        startsWork();
        return never();
      }),
    );
    await clock.advance(LATER_MS);
    expect(await hung).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(await leftBehind).toMatchObject({ source: 'live' });
  });
});

describe('an attempt that is over', () => {
  test('limits nothing that it has left running, which its invocation still does', async () => {
    const { clock, posts, invoke } = subject();
    const seen: (number | undefined)[] = [];
    const run = invoke(async () => {
      let left: Promise<void> | undefined;
      await posts.execute(async () => {
        left = sleep(clock, 1_000).then(() => void seen.push(remainingMs()));
        seen.push(remainingMs());
        return 'fine';
      });
      await left;
    });
    await done(clock, 1_000, run);

    expect(seen).toEqual([800, 1_700]);
  });

  test('has what it left running refused in its own invocation where it was given up', async () => {
    const { clock, posts, invoke } = subject();
    const work = vi.fn(async () => 'fine');
    let left: Promise<unknown> | undefined;
    const run = invoke(async () => {
      await posts.outcome(() => {
        left = sleep(clock, 1_000).then(() => errorOf(posts.execute(work)));
        return never();
      });
      await sleep(clock, 1_000);
    });
    await done(clock, 2_000, run);

    expect(await left).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(work).not.toHaveBeenCalled();
  });
});

describe('an invocation within an invocation', () => {
  test('leaves the outer one its time when it is over', async () => {
    const { clock, invoke } = subject();
    const seen: (number | undefined)[] = [];
    const run = invoke(async () => {
      await invoke(() => void seen.push(remainingMs()), { totalTimeoutMs: 1_000 });
      await sleep(clock, 1_500);
      seen.push(remainingMs());
    });
    await done(clock, 1_500, run);

    expect(seen).toEqual([700, 1_200]);
  });
});

describe('a call within a call, in an invocation', () => {
  test('has no more time than the outer attempt, at any depth', async () => {
    const { clock, invoke } = subject();
    const policy = (attemptTimeoutMs: number | false) =>
      resilient<(number | undefined)[]>({ name: 'posts', attemptTimeoutMs, totalTimeoutMs: false, clock });
    const run = invoke(() =>
      policy(500).execute((outer) =>
        policy(800).execute((middle) =>
          policy(false).execute((inner) => [
            outer.remainingMs(),
            middle.remainingMs(),
            inner.remainingMs(),
            remainingMs(),
          ]),
        ),
      ),
    );

    expect(await run).toEqual([500, 500, 500, 500]);
  });

  test('ends with the outer attempt, at any depth, and with signals of its own', async () => {
    const { clock, invoke } = subject();
    const reasons: unknown[] = [];
    const policy = (name: string) => resilient<string>({ name, totalTimeoutMs: false, clock });
    const limited = resilient<string>({ name: 'outer', attemptTimeoutMs: 500, clock });
    const { signal } = new AbortController();
    const run = invoke(() =>
      limited.outcome(() =>
        policy('middle').execute(
          () =>
            policy('inner').execute(
              (context) => {
                context.signal.addEventListener('abort', () => reasons.push(context.signal.reason));
                return never();
              },
              { signal },
            ),
          { signal: AbortSignal.any([signal]) },
        ),
      ),
    );
    const { error } = await done(clock, 500, run);

    expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(reasons).toEqual([error]);
    expect(clock.pending).toBe(0);
  });
});

describe('the error of a call that had no time', () => {
  const cases: readonly (readonly [string, (given: ReturnType<typeof subject>) => Promise<unknown>])[] = [
    [
      'posts exceeded the total timeout of 500 ms',
      ({ clock }) => errorOf(resilient({ name: 'posts', totalTimeoutMs: 500, clock }).execute(never)),
    ],
    [
      "posts exceeded the caller's time limit of 500 ms",
      ({ posts }) => errorOf(posts.execute(never, { remainingMs: 500 })),
    ],
    [
      "posts exceeded the caller's time limit of 0 ms",
      ({ posts }) => errorOf(posts.execute(never, { remainingMs: 0 })),
    ],
    [
      "posts exceeded the invocation's deadline of 700 ms",
      ({ posts, invoke }) => invoke(() => errorOf(posts.execute(never)), { totalTimeoutMs: 1_000 }),
    ],
    [
      'posts gave no answer within the attempt timeout of 800 ms',
      ({ posts }) => errorOf(posts.execute(never)),
    ],
    [
      "The handler exceeded the invocation's deadline of 700 ms",
      ({ invoke }) => errorOf(invoke(never, { totalTimeoutMs: 1_000 })),
    ],
  ];

  test.each(cases)('names the limit that held: %s', async (message, errorWith) => {
    const given = subject();
    const run = errorWith(given);
    await given.clock.advance(1_000);

    expect(await run).toMatchObject({ message });
  });

  test('names the enclosing call as its caller where that has used up its time', async () => {
    const inner = fakeClock();
    let busyMs = 0;
    // A function that computes for long lets no timer fire.
    const clock = { ...inner, monotonic: () => inner.monotonic() + busyMs };
    const outer = resilient<unknown>({ name: 'outer', attemptTimeoutMs: 300, clock });
    const posts = resilient<string>({ name: 'posts', clock });
    const call = () => {
      busyMs = 300;
      return errorOf(posts.execute(never));
    };

    expect(
      await withDeadline({ clock }, () => outer.execute(call))({}, lambdaContext({ clock })),
    ).toMatchObject({ message: "posts exceeded the caller's time limit of 0 ms", called: false });
  });
});
