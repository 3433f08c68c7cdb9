import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { WarmWindow } from './warm-window.ts';

/** How more environments than a window names are kept ready while they are used. */
export interface WarmTracking {
  /**
   * The most environments in a window. Integer, as many as any window names at least.
   */
  readonly maxEnvironments: number;
  /**
   * The fraction of the ready environments in use at the busiest moment of a minute that is aimed at. From 0.1 to 0.9.
   * @default 0.7
   */
  readonly utilization?: number;
}

export interface WarmCapacityProps {
  /**
   * What callers invoke, such as `alias` of a ResilientFunction. Without provisioned concurrency and weights of its own: the schedule
   * sets the one, and it excludes the other.
   */
  readonly alias: Alias;
  /** When the function is expected to be used. None: there are `floor` environments at all times. */
  readonly windows: WarmWindow[];
  /**
   * Environments outside of all windows: 1 or more where traffic never stops. Integer, 0 or more.
   * @default 0
   */
  readonly floor?: number;
  /**
   * How long before a window its environments are asked for. It covers what an action may be late (2 minutes), what environments take
   * to start (1 to 3 minutes, and one more for each 6,000), and one repetition (5 minutes), should a deployment be moving the alias.
   * Minutes, integer, 5 to 60.
   * @default 10
   */
  readonly leadMinutes?: number;
  /** @default - the schedule alone decides */
  readonly tracking?: WarmTracking;
}
