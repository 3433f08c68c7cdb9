import type { Clock } from '../../lib/core/clock.ts';
import {
  AttemptTimeoutError,
  BreakerOpenError,
  FibrinError,
  ValidationError,
} from '../../lib/core/errors.ts';
import { HttpStatusError, NoAnswerError, ResponseTooLargeError } from '../../lib/http/errors.ts';
import type { RunEnd } from '../../lib/idempotency/outcome.ts';
import { retry } from '../../lib/policy/retry.ts';

/** How a run ends that does not complete. */
interface Ended {
  /** What the handler hears, made by what would make it there. */
  readonly end: () => RunEnd | Promise<RunEnd>;
  /** Whether the effect has happened. `open`: it cannot be known from what the handler hears. */
  readonly effect: 'never' | 'open' | 'always';
  /** With `rerun`, whether the key is free at once. With `hold` it is where the effect has never happened. */
  readonly rerun: 'free' | 'kept';
}

const network = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });
const reset = () => new NoAnswerError('bank', network('ECONNRESET', 'read'), false);
const notConnected = () => new NoAnswerError('bank', network('ECONNREFUSED', 'connect'), false);
const declined = () => new HttpStatusError('bank', 402);
const timedOut = () => new AttemptTimeoutError('bank', 100);
const invalid = () => new ValidationError('bank', ['id: expected a string']);
const aborted = () => Object.assign(new Error('aborted'), { name: 'AbortError' });

/** A backoff takes no time: the schedule says when a run ends. */
const INSTANT: Clock = {
  now: () => 0,
  monotonic: () => 0,
  after(_delayMs, run) {
    queueMicrotask(run);
    return () => undefined;
  },
};

/** Ends with what the retry policy throws after attempts that ended one after the other. */
const afterAttempts =
  (...attempts: readonly (() => Error)[]) =>
  async (): Promise<RunEnd> => {
    const policy = retry({ maxAttempts: attempts.length, shouldRetry: () => true, clock: INSTANT });
    return policy
      .execute(({ attempt }) => Promise.reject(attempts[attempt - 1]?.()))
      .then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
  };

const throwing = (make: () => unknown) => (): RunEnd => ({ error: make() });
const answering = (result: unknown, wasCalled?: false) => (): RunEnd => ({
  result,
  ...(wasCalled === false && { wasCalled }),
});

const never = { effect: 'never', rerun: 'free' } as const;
const open = { effect: 'open', rerun: 'free' } as const;
const openAndKept = { effect: 'open', rerun: 'kept' } as const;
const always = { effect: 'always', rerun: 'kept' } as const;

/** Ends that prove that nothing has happened, that leave it open, and that say that it has. */
export const ENDINGS = {
  'handler refuses': {
    end: throwing(() => new FibrinError('DECLINED', 'declined', { status: 422 })),
    ...never,
  },
  'service refuses': { end: throwing(declined), ...never },
  'no connection': { end: throwing(notConnected), ...never },
  'breaker open': { end: throwing(() => new BreakerOpenError('bank', 1_000)), ...never },
  'not called': { end: answering({ statusCode: 503 }, false), ...never },
  'each attempt refused': { end: afterAttempts(notConnected, notConnected, declined), ...never },
  'answer lost': { end: throwing(reset), ...open },
  'call aborted': { end: throwing(aborted), ...open },
  'service in trouble': { end: throwing(() => new HttpStatusError('bank', 503)), ...open },
  bug: { end: throwing(() => new TypeError('id is not a function')), ...open },
  'answer of 500': { end: answering({ statusCode: 500 }), ...open },
  'answer lost, then refused': { end: afterAttempts(reset, declined), ...open },
  'timed out': { end: throwing(timedOut), ...openAndKept },
  'gateway timed out': { end: throwing(() => new HttpStatusError('bank', 504)), ...openAndKept },
  'timed out, then refused': { end: afterAttempts(timedOut, notConnected), ...openAndKept },
  'success not valid': { end: throwing(invalid), ...always },
  'success too large': { end: throwing(() => new ResponseTooLargeError('bank', 10)), ...always },
  'success not valid, then refused': { end: afterAttempts(invalid, declined), ...always },
} as const satisfies Readonly<Record<string, Ended>>;

export type Ending = keyof typeof ENDINGS;

/** What is true of a run that ends so, and what must become of its key. */
export function consequencesOf(
  ending: Ending,
  { holds, isResumed, happened }: Readonly<Record<'holds' | 'isResumed' | 'happened', boolean>>,
) {
  const { effect, rerun } = ENDINGS[ending];
  // What it hears says nothing of an earlier try of its execution.
  const isProved = effect === 'never' && !isResumed;
  return {
    isProved,
    isFree: holds ? isProved : rerun === 'free',
    hasHappened: effect === 'always' || (effect === 'open' && happened),
  };
}

export const ENDING_NAMES = Object.keys(ENDINGS) as readonly Ending[];
