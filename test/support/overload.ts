import { sleep } from '../../lib/core/clock.ts';
import { hasCode } from '../../lib/core/errors.ts';
import { withShedding } from '../../lib/middleware/with-shedding.ts';
import type { SheddingOptions } from '../../lib/shedding/options.ts';
import { fakeClock, lambdaContext, seededRandom } from '../../lib/testing/index.ts';

type Offered = 'high' | 'low';
interface Request {
  readonly priority: Offered;
}

export interface Overload {
  readonly seed: number;
  /** Requests a second, at random moments. */
  readonly high: number;
  readonly low: number;
  readonly seconds: number;
  /** Default: nothing is shed, and all begin at once. */
  readonly shedding?: SheddingOptions<Request, unknown>;
}

/** What became of the requests of a priority. */
export interface Fates {
  offered: number;
  /** Answered within two seconds of their first try. */
  good: number;
  shed: number;
  throttled: number;
}

/** The goodput is what was answered well while requests came. */
export type Fate = Record<Offered, Fates> & { readonly goodputPerSecond: number };

/** Slots of a dependency, or environments of a function. */
export const CAPACITY = 4;
/** What the dependency takes for a request. Milliseconds. */
const TAKES_MS = 100;
const GOOD_MS = 2_000;
/** An environment answers that a request is shed in this time, and asks for the next one in the other. Milliseconds. */
const SHED_MS = 2;
const NEXT_MS = 1;
/** How long a client of the SDK waits at most after its first throttle and after its second one. Milliseconds. */
const RETRY_MS = [500, 1_000];

const noFates = (): Fates => ({ offered: 0, good: 0, shed: 0, throttled: 0 });

type Send = (request: Request, cameAt: number) => Promise<keyof Omit<Fates, 'offered'> | 'late'>;

/** An open loop: requests come at random, whatever becomes of those before. */
async function offer(
  { seed, high, low, seconds }: Overload,
  clock: ReturnType<typeof fakeClock>,
  send: Send,
): Promise<Fate> {
  const random = seededRandom(seed);
  const fates = { high: noFates(), low: noFates() };
  const runs: Promise<unknown>[] = [];
  const endMs = seconds * 1_000;
  let goodInTime = 0;
  for (;;) {
    const gapMs = (-Math.log(1 - random.next()) * 1_000) / (high + low);
    if (clock.monotonic() + gapMs > endMs) break;
    await clock.advance(gapMs);
    const priority = random.next() * (high + low) < high ? 'high' : 'low';
    const of = fates[priority];
    of.offered++;
    const run = send({ priority }, clock.monotonic());
    runs.push(
      run.then((fate) => {
        if (fate !== 'late') of[fate]++;
        if (fate === 'good' && clock.monotonic() <= endMs) goodInTime++;
      }),
    );
  }
  do await clock.advance(10_000);
  while (clock.pending > 0);
  await Promise.all(runs);
  return { ...fates, goodputPerSecond: goodInTime / seconds };
}

const priority = (request: Request) => request.priority;

/**
 * Requests to one process, whose dependency serves four at once, in order, and others wait for it. As on Managed Instances, it is
 * sent no more than `sentAtOnce`, and what comes above is throttled at once. Default: all that come.
 */
export function inOneProcess(
  overload: Overload & { readonly sentAtOnce?: number | undefined },
): Promise<Fate> {
  const clock = fakeClock();
  const context = lambdaContext({ clock, remainingMs: 900_000 });
  const freeAt = Array.from({ length: CAPACITY }, () => 0);
  const handle = async () => {
    const [soonest = 0] = freeAt.sort((one, other) => one - other);
    const endsAt = Math.max(soonest, clock.monotonic()) + TAKES_MS;
    freeAt[0] = endsAt;
    await sleep(clock, endsAt - clock.monotonic());
  };
  const { shedding, sentAtOnce = Infinity } = overload;
  const handler = shedding
    ? withShedding({ priority, clock, random: seededRandom(1), ...shedding }, handle)
    : handle;
  let inside = 0;
  return offer(overload, clock, async (request, cameAt) => {
    if (inside >= sentAtOnce) return 'throttled';
    inside++;
    try {
      await handler(request, context);
      return clock.monotonic() - cameAt <= GOOD_MS ? 'good' : 'late';
    } catch (error) {
      if (!hasCode(error, 'OVERLOADED')) throw error;
      await sleep(clock, SHED_MS);
      return 'shed';
    } finally {
      inside--;
    }
  });
}

/** Requests to a function with four environments, each with one at a time. It throttles the fifth at once. */
export function inEnvironments(overload: Overload & { readonly retries: boolean }): Promise<Fate> {
  const clock = fakeClock();
  const random = seededRandom(overload.seed + 1_000);
  const handle = () => sleep(clock, TAKES_MS);
  const { shedding, retries } = overload;
  const newEnvironment = () =>
    shedding
      ? withShedding(
          { priority, clock, random: seededRandom(1), reservedConcurrency: CAPACITY, ...shedding },
          handle,
        )
      : handle;
  // The one that was used last is used first.
  const idle = Array.from({ length: CAPACITY }, newEnvironment);
  const context = lambdaContext({ clock, remainingMs: 900_000 });

  const invoke: Send = async (request, cameAt) => {
    for (let tries = 0; ; tries++) {
      const environment = idle.pop();
      if (environment) {
        const fate = await Promise.resolve(environment(request, context)).then(
          () => 'good' as const,
          async (error: unknown) => {
            if (!hasCode(error, 'OVERLOADED')) throw error;
            await sleep(clock, SHED_MS);
            return 'shed' as const;
          },
        );
        clock.after(NEXT_MS, () => idle.push(environment));
        return fate === 'good' && clock.monotonic() - cameAt > GOOD_MS ? 'late' : fate;
      }
      const maxMs = retries ? RETRY_MS[tries] : undefined;
      if (maxMs === undefined) return 'throttled';
      await sleep(clock, random.next() * maxMs);
    }
  };
  return offer(overload, clock, invoke);
}
