import { type Clock, systemClock } from '../../lib/core/clock.ts';
import { hasCode } from '../../lib/core/errors.ts';
import type { RemainingTime } from '../../lib/idempotency/execution.ts';
import { stretchedClock } from '../support/stretched-clock.ts';
import type { Plan } from './plan.ts';
import { describeError, type Sent, type Story } from './story.ts';

export const OPERATION = 'charge';

/** What a caller gets. */
export interface Receipt {
  readonly id: string;
  readonly key: string;
  readonly amount: number;
}

/** What a handler answers: a receipt, or a status where it has none. */
export type Answered = Receipt | { readonly statusCode: number };

/** A handler for one key. */
export type Pay = (order: object, context: RemainingTime) => Promise<Answered>;

/** What callers got for a key, and what was sent for it. */
export interface Outcome<P extends Plan = Plan> {
  readonly plan: P;
  readonly sent: readonly Sent<P['faults'][number]>[];
  /** What each caller got that was answered. */
  readonly answers: readonly Receipt[];
  readonly isHeld: boolean;
  /** Whether one more call, after all that was late has arrived, ended as the one before. */
  readonly isSettled: boolean;
  readonly history: readonly string[];
}

/** The time that an invocation has. Its end is never awaited: where a lease has to be over, the clock is moved on. */
const LEASE_MS = 60_000;
const NEXT_LEASE_MS = LEASE_MS + 1_000;
/** More than the faults of any plan. */
const MAX_ROUNDS = 40;
/** Limits on time are so much longer where nothing is planned to be late. */
const PATIENCE = 10;

/** A clock that can be moved on. */
export class MovedClock implements Clock {
  readonly #inner: Clock;
  #aheadMs = 0;

  constructor(inner: Clock = stretchedClock(PATIENCE)) {
    this.#inner = inner;
  }

  readonly now = (): number => systemClock.now() + this.#aheadMs;
  readonly monotonic = (): number => this.#inner.monotonic();
  readonly after: Clock['after'] = (delayMs, run) => this.#inner.after(delayMs, run);

  passLease(): void {
    this.#aheadMs += NEXT_LEASE_MS;
  }
}

type Reply = { readonly answer: Receipt } | 'in flight' | 'held' | 'failed';

export interface Trial<P extends Plan> {
  readonly plan: P;
  readonly story: Story<P['faults'][number]>;
  readonly clock: MovedClock;
  readonly pay: Pay;
  /** What an invocation has left. Milliseconds. Default: enough. */
  readonly remainingMs?: () => number;
  /** Lets arrive what is still on its way. */
  readonly arrive: () => Promise<void>;
}

/** Calls until there is an answer or the key is held, as the callers of a payment do. */
export async function tryOut<P extends Plan>(trial: Trial<P>): Promise<Outcome<P>> {
  const { plan, story, clock, pay, arrive, remainingMs = () => LEASE_MS } = trial;
  const answers: Receipt[] = [];

  const call = async (): Promise<Reply> => {
    story.note('a caller');
    try {
      const answer = await pay({}, { getRemainingTimeInMillis: remainingMs });
      story.note(`  got ${JSON.stringify(answer)}`);
      if ('statusCode' in answer) return 'failed';
      answers.push(answer);
      return { answer };
    } catch (error) {
      story.note(`  got ${describeError(error)}`);
      if (hasCode(error, 'IDEMPOTENCY_UNKNOWN')) return 'held';
      return hasCode(error, 'IDEMPOTENCY_IN_FLIGHT') ? 'in flight' : 'failed';
    }
  };

  /** The state of the key after a round of callers. */
  const round = async (callers: number): Promise<Reply> => {
    const replies = await Promise.all(Array.from({ length: callers }, call));
    if (replies.every((one) => one === 'in flight')) clock.passLease();
    return replies.find((one) => typeof one === 'object' || one === 'held') ?? 'failed';
  };

  /** Calls until there is an answer, or the key is held. */
  const end = async (callers: number): Promise<Reply> => {
    let last: Reply = 'failed';
    for (let n = 0; last === 'failed' && n < MAX_ROUNDS; n++) last = await round(callers);
    return last;
  };

  const first = await end(plan.callers);
  await arrive();
  const isHeld = first === 'held';
  const isSettled = first !== 'failed' && isHeld === ((await end(1)) === 'held');
  return { plan, answers, isHeld, isSettled, sent: story.sent, history: story.lines };
}
