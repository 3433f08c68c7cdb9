import type { CheckRule } from './rule.ts';

/** All rules of `ResilienceChecks`. This is the one place where they are listed. */
export const CHECK_RULES: readonly CheckRule[] = [];
