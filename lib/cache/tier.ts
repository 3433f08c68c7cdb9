import type { Moment } from '../core/moment.ts';

/** By which an older value is known. */
export type Version = number | string;

/** A value that is kept. */
export interface Entry<T> {
  /** Frozen, with all that it holds. */
  readonly value: T;
  /** When the load that brought it began, or when it was set: it may be as old as that. */
  readonly since: Moment;
  /** How long it is fresh. Milliseconds. */
  readonly freshMs: number;
  /** From which age on a load, or the shared tier, is asked for a newer one. Milliseconds. */
  readonly askMs: number;
  /** What the last load has failed with. Absent where it has not. */
  readonly failure?: { readonly error: unknown };
  /** The length of its key and of its JSON text. */
  readonly bytes: number;
  readonly version: Version | undefined;
}

/** Where entries are kept. It knows nothing of their age. */
export interface Tier<T> {
  get(key: string): Entry<T> | undefined;
  put(key: string, entry: Entry<T>): void;
  delete(key: string): void;
  clear(): void;
}
