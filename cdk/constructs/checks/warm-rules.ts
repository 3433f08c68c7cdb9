import type { CheckRule } from './rule.ts';
import { WARM_CAPACITY_END } from './warm-end.ts';
import { WARM_CAPACITY_KIND } from './warm-kind.ts';
import { WARM_CAPACITY_LATEST } from './warm-latest.ts';
import { WARM_CAPACITY_LIMITS } from './warm-limits.ts';
import { WARM_CAPACITY_TIME_ZONE } from './warm-time-zone.ts';
import { WARM_CAPACITY_TRACKING } from './warm-tracking.ts';
import { WARM_CAPACITY_VERSION } from './warm-version.ts';
import { WARM_CAPACITY_WEIGHTS } from './warm-weights.ts';
import { WARM_CAPACITY_ZERO } from './warm-zero.ts';

/** Mistakes about provisioned concurrency that the CDK lets pass, and that break a later deployment or leave it cold. */
export const WARM_CAPACITY_RULES: readonly CheckRule[] = [
  WARM_CAPACITY_ZERO,
  WARM_CAPACITY_LATEST,
  WARM_CAPACITY_TIME_ZONE,
  WARM_CAPACITY_LIMITS,
  WARM_CAPACITY_END,
  WARM_CAPACITY_VERSION,
  WARM_CAPACITY_WEIGHTS,
  WARM_CAPACITY_KIND,
  WARM_CAPACITY_TRACKING,
];
