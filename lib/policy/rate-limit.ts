import { type Clock, systemClock } from '../core/clock.ts';
import { FibrinError } from '../core/errors.ts';
import type { Execution } from '../core/execution.ts';
import { guarded } from '../core/guarded.ts';
import { type Invoke, type Policy, policyOf } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import { tokenBucket } from './token-bucket.ts';
import { callAfterWait, type Supply, WaitingLine } from './waiting-line.ts';

/** The rate limiter has no token for the call, which was not made. The limit is that of this program, not the dependency's. */
export class RateLimitedError extends FibrinError {
  override readonly name: string = 'RateLimitedError';
  constructor(limiter: string, perSecond: number, retryAfterMs: number) {
    const wait = `${Math.ceil(retryAfterMs)} ms`;
    const what = `Rate limiter "${limiter}" allows ${perSecond} calls a second and has the next one in ${wait}`;
    super('RATE_LIMITED', `${what}; the call was not made`, { status: 503, retryAfterMs });
  }
}

export interface RateLimitOptions {
  /** Name in errors. 1 to 100 letters, digits, ".", "_", "-". Default `call`. */
  readonly name?: string;
  /** Calls a second of this execution environment, in the long run. A number above 0, up to 100,000. */
  readonly perSecond: number;
  /** The most calls at once, after a pause. A number, 1 to 100,000. Default: `perSecond`, at least 1. */
  readonly burst?: number;
  /** The most that a call waits for its turn, and no more than its time. Milliseconds, 0 to 60,000. Default 0: none waits. */
  readonly maxWaitMs?: number;
  /**
   * How many calls a call counts as, by the `key` that its caller has given, 0 to `burst`; what is beyond is cut. Default: 1.
   */
  readonly weight?: (key: string | undefined) => number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
}

/** Makes at most so many calls a second. Several policies can share it. */
export interface RateLimiter extends Policy {
  readonly name: string;
  /** Puts calls under this rate limiter, as a layer of a policy. */
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
}

const MAX_RATE = 100_000;
const oneEach = () => 1;
const between = (min: number, what: string) =>
  rule.unless((value) => typeof value === 'number' && value >= min && value <= MAX_RATE, what);

function checkRateLimitOptions(options: RateLimitOptions): void {
  checkOptions('rateLimit', options, {
    required: { perSecond: between(Number.MIN_VALUE, 'a number above 0 and up to 100000') },
    optional: {
      name: rule.name(),
      burst: between(1, 'a number from 1 to 100000'),
      maxWaitMs: rule.durationMs(0, 60_000),
      weight: rule.fn(),
      clock: rule.object(),
    },
  });
}

/** A reservation is a place in the line, so one that is given back brings all behind it forward. */
class OwnRateLimiter implements RateLimiter, Supply<true> {
  readonly name: string;
  readonly layer: <T>(next: Invoke<T>) => Invoke<T>;
  readonly execute: Policy['execute'];
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #maxWaitMs: number;
  readonly #weightOf: (key: string | undefined) => number;
  readonly #bucket: ReturnType<typeof tokenBucket>;
  readonly #line: WaitingLine<true>;

  constructor({ name = 'call', clock = systemClock, perSecond, ...options }: RateLimitOptions) {
    const { burst = Math.max(1, perSecond), maxWaitMs = 0, weight } = options;
    this.name = name;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#maxWaitMs = maxWaitMs;
    this.#weightOf = guarded(`${name}: weight`, weight, oneEach, 'number');
    this.#bucket = tokenBucket(clock, perSecond, burst);
    this.#line = new WaitingLine(clock, this);
    this.layer = (next) => (execution) => this.#call(next, execution);
    this.execute = policyOf(clock, this.layer).execute;
  }

  freeInMs(weight: number): number {
    return this.#bucket.freeInMs(weight);
  }

  take(weight: number): true {
    this.#bucket.take(weight);
    return true;
  }

  refusal(weight: number): Error {
    const retryAfterMs = this.#bucket.freeInMs(this.#line.weight + weight);
    return new RateLimitedError(this.name, this.#perSecond, retryAfterMs);
  }

  #acquire(execution: Execution): true | Promise<true> {
    const line = this.#line;
    const weight = Math.min(this.#burst, Math.max(0, this.#weightOf(execution.key)));
    // What takes nothing need not wait.
    if (weight === 0 || line.takeNow(weight)) return true;
    const waitMs = this.#bucket.freeInMs(line.weight + weight);
    const leftMs = execution.remainingMs();
    if (waitMs > this.#maxWaitMs || waitMs >= leftMs) throw this.refusal(weight);
    return line.wait(execution, weight, Math.min(this.#maxWaitMs, leftMs));
  }

  async #call<T>(next: Invoke<T>, execution: Execution): Promise<T> {
    if (execution.isAborted) throw execution.signal.reason;
    await this.#acquire(execution);
    return execution.waitedMs > 0 ? callAfterWait(next, execution) : next(execution);
  }
}

/**
 * Makes at most `perSecond` calls a second from this execution environment, and `burst` of them at once after a pause, by a
 * token bucket. Others wait for their turn, in order, for at most `maxWaitMs`, or are refused: how long a call would wait is
 * known when it comes. Other environments have limits of their own, so all of them together make as many times more.
 * @throws {InvalidOptionError} for an unknown option or one out of range.
 * @throws {RateLimitedError} from `execute` when the call may not be made in time. After `retryAfterMs` it may, if no other comes.
 * @example
 * ```ts
 * const mails = rateLimit({ name: 'mails', perSecond: 14, burst: 14, maxWaitMs: 500 });
 * const sent = await mails.execute(({ signal }) => boundedFetch('https://mails.example/send', { signal }), {
 *   signal: AbortSignal.timeout(2_000),
 * });
 * console.log(sent.status);
 * ```
 */
export function rateLimit(options: RateLimitOptions): RateLimiter {
  checkRateLimitOptions(options);
  return new OwnRateLimiter(options);
}
