/** One timer of many with the same delay: in the order in which they were set they fall due. */
interface Entry {
  readonly dueAt: number;
  readonly run: () => void;
  before: Entry | undefined;
  after: Entry | undefined;
  isSet: boolean;
}

/** A timer of Node's may come this much early, by the clock that measures. */
const EARLY_MS = 1;

/**
 * Timers of one delay, of which nearly all are cancelled: a limit in time that is met. One timer of Node's serves them
 * all. It stays when the last of them is cancelled, without keeping the process alive, and serves the next ones: to make
 * and clear one for each call takes ten times as long.
 */
export class LimitTimers {
  readonly #delayMs: number;
  readonly #onIdle: () => void;
  #first: Entry | undefined;
  #last: Entry | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onIdle Nobody has set a timer for as long as one takes: this is not needed any more. */
  constructor(delayMs: number, onIdle: () => void) {
    this.#delayMs = delayMs;
    this.#onIdle = onIdle;
  }

  set(run: () => void, now: number): () => void {
    const dueAt = now + this.#delayMs;
    const entry: Entry = { dueAt, run, before: this.#last, after: undefined, isSet: true };
    if (this.#last) this.#last.after = entry;
    else {
      this.#first = entry;
      this.#timer?.ref();
    }
    this.#last = entry;
    if (this.#timer === undefined) this.#arm(this.#delayMs);
    return () => this.#remove(entry);
  }

  #remove(entry: Entry): void {
    if (!entry.isSet) return;
    entry.isSet = false;
    const { before, after } = entry;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    if (this.#first === undefined) this.#timer?.unref();
  }

  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#fire(), delayMs);
  }

  #fire(): void {
    this.#timer = undefined;
    try {
      for (let next = this.#first; next && next.dueAt - performance.now() < EARLY_MS; next = this.#first) {
        this.#remove(next);
        next.run();
      }
    } finally {
      if (this.#timer === undefined) {
        if (this.#first) this.#arm(Math.max(EARLY_MS, this.#first.dueAt - performance.now()));
        else this.#onIdle();
      }
    }
  }
}
