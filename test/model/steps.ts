import type { Ending } from './endings.ts';
import type { Fate } from './network.ts';

/** One step of a schedule. `who` is the sandbox that takes it, or the next one that can. */
export type Step =
  | {
      readonly do: 'begin';
      readonly who: number;
      readonly user: string;
      readonly payload: string;
      readonly remainingMs: number;
      /** It is of a durable execution: of the one that has waited longest for its next try, or of a new one. */
      readonly isDurable: boolean;
      readonly fates: readonly Fate[];
    }
  | {
      readonly do: 'complete';
      readonly who: number;
      /** It tries once more, with another result, when the first one was not acknowledged. */
      readonly insists: boolean;
      readonly fates: readonly Fate[];
    }
  /** The run ends with an error. Where that leaves it open, the effect has happened or not. */
  | {
      readonly do: 'fail';
      readonly who: number;
      readonly ending: Ending;
      readonly happened: boolean;
      readonly fates: readonly Fate[];
    }
  /** It ends and no caller knows in which way, or its sandbox ends. */
  | { readonly do: 'markUnknown' | 'crash'; readonly who: number }
  /** A packet under way arrives, is lost or is there twice. */
  | { readonly do: 'arrive' | 'lose' | 'double'; readonly packet: number }
  | { readonly do: 'wait'; readonly ms: number }
  /** The store removes what has had its retention. */
  | { readonly do: 'remove' }
  /** A person finds out what became of the runs that are held, and frees their keys. */
  | { readonly do: 'free' };

export type Schedule = readonly Step[];
