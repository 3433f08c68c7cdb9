import { CLAIM_FACTOR, JITTER } from '../../../lib/breaker/constants.ts';
import type { StoredState } from '../../../lib/breaker/state.ts';
import type { Moment } from '../../../lib/core/moment.ts';
import type { Call, CallEnd } from './call.ts';
import { OPEN_MS } from './knowledge.ts';

/** A write, as it was asked for. */
export interface Ask {
  readonly call: Call | undefined;
  /** What that had come to. */
  readonly outcome: CallEnd | undefined;
  /** By the clocks of the environment that asked. */
  readonly moment: Moment;
  /** By a clock that is right. Epoch milliseconds. */
  readonly trueAt: number;
  /** What it knew: a version, how long that lasted yet by its clocks in milliseconds, and whether it had to act on it. */
  readonly known: { readonly version: number; readonly leftMs: number; readonly isSure: boolean };
}

/** A claim of the probe, as it was written. */
export interface Claim {
  readonly state: StoredState;
  readonly asked: Ask;
  /** Calls that were made under it. */
  calls: number;
}

/** No claim lasts longer. Milliseconds. */
export const MAX_CLAIM_MS: number = OPEN_MS * CLAIM_FACTOR * (1 + JITTER);
