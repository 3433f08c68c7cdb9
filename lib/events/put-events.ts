import type { Clock } from '../core/clock.ts';
import { FibrinError } from '../core/errors.ts';
import { textOf } from '../core/property.ts';
import { statusOf } from '../core/status.ts';
import type { Resilient } from '../policy/resilient.ts';
import type { RetryBudget } from '../policy/retry-budget.ts';
import type { Entry, PutEntry } from './entry.ts';
import { isExpired } from './envelope.ts';

/** An entry that is not published, and why. */
export interface Refused {
  readonly entry: Entry;
  readonly error: unknown;
}

/** What the bus says of an entry. */
export interface PutResult {
  readonly EventId?: string | undefined;
  readonly ErrorCode?: string | undefined;
}

export interface PutTools {
  /** One PutEvents request. Gives a result for each entry, in their order. */
  readonly put: (entries: PutEntry[], signal: AbortSignal) => Promise<readonly PutResult[]>;
  readonly policy: Resilient<void>;
  /** Of entries: each that is taken earns, each that is sent again spends. */
  readonly budget: RetryBudget;
  readonly clock: Clock;
}

/** What EventBridge refuses for good. What it has no code for may be taken later. */
const PERMANENT =
  /^(AccessDenied|InvalidAccountId|NotAuthorizedFor\w+)Exception$|^(InvalidArgument|MalformedDetail|RedactionFailure)$/;

/** Without EventBridge's message, which may quote the event. */
function rejection(result: PutResult | undefined): FibrinError {
  const errorCode = /^\w{1,60}$/.exec(result?.ErrorCode ?? '')?.[0] ?? 'no code';
  return new FibrinError('EVENT_REJECTED', `The bus did not take the event: ${errorCode}`, {
    retryable: !PERMANENT.test(errorCode),
  });
}

/** Whether a request was refused for what it holds: each of its entries alone may be taken. */
const isAboutContent = (error: unknown): boolean =>
  /^(Validation|Serialization)Exception$|EntityTooLarge/.test(textOf(error, 'name')) ||
  statusOf(error) === 413;

/** The entries of one request, of which fewer are left after each attempt. */
class Sending {
  #left: readonly Entry[];
  /** Why those that are left were not taken by the last attempt. */
  #reasons = new Map<Entry, FibrinError>();
  readonly #refused: Refused[] = [];
  readonly #tools: PutTools;

  constructor(entries: readonly Entry[], tools: PutTools) {
    this.#left = entries;
    this.#tools = tools;
  }

  async send(): Promise<readonly Refused[]> {
    const { policy } = this.#tools;
    const { error } = await policy.outcome(({ attempt, signal }) => this.#attempt(attempt, signal));
    const left = this.#left;
    if (left.length > 1 && this.#reasons.size === 0 && isAboutContent(error)) {
      const middle = Math.ceil(left.length / 2);
      for (const half of [left.slice(0, middle), left.slice(middle)])
        this.#refused.push(...(await new Sending(half, this.#tools).send()));
    } else {
      for (const entry of left) this.#refuse(entry, this.#reasons.get(entry) ?? error);
    }
    return this.#refused;
  }

  async #attempt(attempt: number, signal: AbortSignal): Promise<void> {
    const entries = this.#left.filter((entry) => this.#mayBeSent(entry, attempt));
    this.#left = entries;
    this.#reasons = new Map();
    if (entries.length === 0) return;
    const sent = entries.map((entry) => entry.sent);
    const results = await this.#tools.put(sent, signal);
    // An answer that comes after its attempt was given up must not meddle with the next one.
    if (!signal.aborted) this.#settle(entries, results);
  }

  /** Whether it is of use, and paid for, to send an entry. One that is not is refused. */
  #mayBeSent(entry: Entry, attempt: number): boolean {
    const { budget, clock } = this.#tools;
    if (isExpired(entry.checked, clock.now())) {
      this.#refuse(entry, new FibrinError('EVENT_EXPIRED', 'The event has expired'));
      return false;
    }
    if (attempt === 1 || budget.spend()) return true;
    const error = new FibrinError(
      'RETRY_BUDGET_EXHAUSTED',
      'The retry budget of the publisher is exhausted',
      {
        retryable: true,
        cause: this.#reasons.get(entry),
      },
    );
    this.#refuse(entry, error);
    return false;
  }

  #settle(entries: readonly Entry[], results: readonly PutResult[]): void {
    for (const [index, entry] of entries.entries()) {
      const result = results[index];
      if (result?.EventId) {
        this.#tools.budget.earn();
        continue;
      }
      const reason = rejection(result);
      if (reason.retryable) this.#reasons.set(entry, reason);
      else this.#refuse(entry, reason);
    }
    this.#left = entries.filter((entry) => this.#reasons.has(entry));
    const [reason] = this.#reasons.values();
    if (reason) throw reason;
  }

  #refuse(entry: Entry, error: unknown): void {
    this.#refused.push({ entry, error });
  }
}

/** Sends entries in one request, and those that are not taken again. Gives those that are not taken in the end. Never rejects. */
export const putEvents = (entries: readonly Entry[], tools: PutTools): Promise<readonly Refused[]> =>
  new Sending(entries, tools).send();
