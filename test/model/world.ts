import type { Clock } from '../../lib/core/clock.ts';
import type { Store } from '../../lib/core/store.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import type { OnUnknownOutcome } from '../../lib/idempotency/protocol.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { type Counts, noCounts } from './counts.ts';
import { type Executions, executions } from './executions.ts';
import { type History, history, type Request } from './history.ts';
import { type Network, network } from './network.ts';
import { type Records, watchRecords } from './records.ts';
import { BY_CLOCK, type Invariant, type Referee, referee } from './verdict.ts';

export const OWNERS = 3;
export const RETENTION_SECONDS = 20;
/** The default of the option, which the schedules keep to. */
export const MARGIN_MS = 5_000;
/** By how much a clock is off that is set wrong. */
export const DAY_MS = 86_400_000;
/** No invocation may take longer. */
export const LONGEST_WORK_MS = 3_000;

/** What stays the same during a schedule. */
export interface Setup {
  /** By how much each sandbox's clock is off. One may be set wrong, the others differ by the margin at most. The last is the store's. */
  readonly skewsMs: readonly number[];
  readonly onUnknownOutcome: OnUnknownOutcome;
  /** How long duplicates wait for a result. */
  readonly waitMs: number;
  /** Whether the host kills an invocation whose time is over. Not every host does. */
  readonly kills: boolean;
  /** Whether the sandboxes keep results too. */
  readonly caches: boolean;
  /** Whether a key that is held at the end is freed by a person, or waits for its retention to end. */
  readonly isFreed: boolean;
}

/** Whether one of the clocks is set wrong. */
export const isAstray = ({ skewsMs }: Setup): boolean => skewsMs.some((ms) => Math.abs(ms) > MARGIN_MS);

/** A way in which the toolkit, or what it stands on, is broken on purpose. */
export interface Sabotage {
  readonly store?: (inner: Store) => Store;
  readonly options?: Partial<IdempotencyOptions<Request>>;
  /** What becomes of the clock of a sandbox. */
  readonly clock?: (own: Clock) => Clock;
}

/** What a schedule is played for. */
export interface Trial {
  readonly sabotage?: Sabotage | undefined;
  /** The one invariant to look at. Default: all of them. */
  readonly only?: Invariant | undefined;
}

/** What the sandboxes of a schedule have in common. */
export interface World {
  readonly setup: Setup;
  readonly clock: FakeClock;
  readonly network: Network;
  readonly records: Records;
  readonly past: History;
  readonly executions: Executions;
  readonly counts: Counts;
  readonly referee: Referee;
  readonly options: Partial<IdempotencyOptions<Request>>;
  readonly clockOf: (own: Clock) => Clock;
}

export function world(setup: Setup, { sabotage = {}, only }: Trial = {}): World {
  const { store = (inner: Store) => inner, options = {}, clock: clockOf = (own: Clock) => own } = sabotage;
  const court = referee(only, setup.onUnknownOutcome === 'rerun' && isAstray(setup) ? BY_CLOCK : []);
  const clock = fakeClock();
  const counts = noCounts();
  return {
    setup,
    clock,
    network: network(),
    records: watchRecords(store(memoryStore()), clock, court, counts),
    past: history(court, counts, setup),
    executions: executions(clock),
    counts,
    referee: court,
    options,
    clockOf,
  };
}
