import type { Verdict } from '../../lib/breaker/verdict.ts';

/** What a process of the fleet is told, as its one argument. */
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

/** A write of the verdict that was applied. */
export interface Written {
  readonly verdict: Verdict;
  /** When it was asked for, by the clock that all share. */
  readonly at: number;
}

/** Sums that were added to an item, by its key. */
export type Sums = Record<string, Record<string, number>>;

/** What a process has seen and done. */
export interface Summary {
  readonly ok: number;
  readonly failed: number;
  readonly refused: number;
  /** Errors of other kinds that a caller got, and promises that were rejected unheard. */
  readonly errors: readonly string[];
  readonly added: Sums;
  /** Requests that may have been applied or not. */
  readonly unknown: readonly string[];
  readonly written: readonly Written[];
}

/** What it says: that it is ready; once, that it was refused a call and why; that its last calls were all made; and its summary. */
export type Said = 'ready' | 'refused' | 'through' | Summary;

/** What it is told meanwhile. */
export type Told = 'go' | 'finish';
