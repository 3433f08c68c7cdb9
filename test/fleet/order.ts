import type { StoredState } from '../../lib/breaker/state.ts';

/** What a process is given as its one argument. */
export interface Order {
  readonly id: number;
  readonly endpoint: string;
  readonly table: string;
  /** What it calls. */
  readonly url: string;
  readonly openMs: number;
  /** How often, about. */
  readonly everyMs: number;
}

export const NAME = 'posts';

/** Who makes a request, and the version of the claim under which it is a probe. */
export const ID_HEADER = 'x-id';
export const CLAIM_HEADER = 'x-claim';

/** A write of the state that was applied. */
export interface Written {
  readonly state: StoredState;
  /** When it was asked for, by the clock that all have in common. */
  readonly at: number;
}

/** Sums that were added to an item, by its key. */
export type Sums = Record<string, Record<string, number>>;

/** What a process has seen and done. */
export interface Summary {
  readonly ok: number;
  readonly failed: number;
  readonly rejected: number;
  /** Errors of other kinds that a caller got, and rejections that nothing handled. */
  readonly errors: readonly string[];
  readonly added: Sums;
  /** Attributes of counts that it has removed, by key. */
  readonly removed: Readonly<Record<string, readonly string[]>>;
  /** Requests that may have been applied or not. */
  readonly unknown: readonly string[];
  readonly written: readonly Written[];
}

/** What it reports: that it is ready; once, that it rejected a call since all is open; that its last calls were all made; a summary. */
export type Report = 'ready' | 'rejected' | 'admitted' | Summary;

/** What it is asked for meanwhile. */
export type Request = 'go' | 'finish';
