import { vi } from 'vitest';

/** What the runtime calls work that is neither a request to a server nor a timer. */
const PENDING = /^(?:FSReq|GetAddrInfoReq|TCPConnect|Write|Shutdown)/;

/** Turns of the event loop with nothing under way. After so many, what was sent has arrived. */
const STILL_TURNS = 10;
/** How long an answer may still come where no timer is left to wait for. Milliseconds of real time. */
const GRACE_MS = 50;
/** The most real time for one example: a few milliseconds are usual. Milliseconds. */
const REAL_LIMIT_MS = 10_000;

const realTimeout = globalThis.setTimeout;
const realNow = performance.now.bind(performance);
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));
const pause = (ms: number) => new Promise<void>((resolve) => void realTimeout(resolve, ms));

/**
 * Stops the clocks and timers of this process. Only `settleInTime` moves them on.
 * @returns Lets them go on again.
 */
export function stopTime(): () => void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  const { timeout } = AbortSignal;
  // Its timer is Node's own, which fake timers do not reach.
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException('The operation timed out', 'TimeoutError')), ms);
    return controller.signal;
  };
  return () => {
    AbortSignal.timeout = timeout;
    vi.useRealTimers();
  };
}

/**
 * Waits until nothing is under way but timers and requests that hang, or until `isOver`.
 * @param isBusy Whether a server works on a request.
 */
export async function settleRequests(isBusy: () => boolean, isOver = () => false): Promise<void> {
  const giveUpAt = realNow() + REAL_LIMIT_MS;
  const isStill = () => !isBusy() && !process.getActiveResourcesInfo().some((name) => PENDING.test(name));
  for (let turns = 0; turns < STILL_TURNS && !isOver(); turns = isStill() ? turns + 1 : 0) {
    if (realNow() > giveUpAt) throw new Error(`works for more than ${REAL_LIMIT_MS} ms`);
    await turn();
  }
}

/**
 * Waits for some work. Whenever nothing is under way but timers and requests that hang, the clock jumps to the next timer.
 * @param limitMs The most that the stopped clock may show for it.
 * @throws where the work takes longer, or has no limit to a wait for an answer.
 */
export async function settleInTime(
  work: Promise<void>,
  limitMs: number,
  isBusy: () => boolean,
): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  work.then(over, over);
  const start = Date.now();
  for (let idleRounds = 0; ; ) {
    await settleRequests(isBusy, () => isOver);
    if (Date.now() - start > limitMs) throw new Error(`takes longer than ${limitMs} ms`);
    if (isOver) return work;
    if (vi.getTimerCount() > 0) {
      idleRounds = 0;
      await vi.advanceTimersToNextTimerAsync();
    } else if (idleRounds++ === 0) await pause(GRACE_MS);
    else throw new Error('sets no limit to its wait for an answer');
  }
}
