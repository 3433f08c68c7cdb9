import { AsyncLocalStorage } from 'node:async_hooks';
import type { Claim } from './claims.ts';

/** How a call ends. `unknown`: in a way that says nothing about the dependency. */
export type CallEnd = 'succeeded' | 'failed' | 'unknown';

/** The call for which something is asked of the store. */
export const currentCall = new AsyncLocalStorage<Call>();

/** A call, from when its caller asks for it. */
export class Call {
  /** Of the state under which it is made. Undefined: the model cannot know it. */
  epoch: number | undefined;
  /** The claim that it has made. */
  claim: Claim | undefined;
  reports = 0;
  /** When it was reported, by the wall clock. */
  reportedAt: number | undefined;
  /** Whether what its environment knew at some moment since it began allows to reject it. */
  mayBeRejected = false;
  /** When it was made, by the monotonic clock. */
  #madeAt: number | undefined;
  #end: CallEnd | undefined;
  readonly #monotonic: () => number;
  readonly #slowCallMs: number;

  constructor(monotonic: () => number, slowCallMs = Infinity) {
    this.#monotonic = monotonic;
    this.#slowCallMs = slowCallMs;
  }

  get isMade(): boolean {
    return this.#madeAt !== undefined;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** What it has come to by now: a slow one has failed before it ends. */
  get outcome(): CallEnd | undefined {
    const isSlow = this.#madeAt !== undefined && this.#monotonic() - this.#madeAt >= this.#slowCallMs;
    return this.#end ?? (isSlow ? 'failed' : undefined);
  }

  make(epoch: number | undefined): void {
    this.#madeAt = this.#monotonic();
    this.epoch = epoch;
  }

  end(how: CallEnd): void {
    this.#end ??= how === 'unknown' ? how : (this.outcome ?? how);
  }
}
