import type { Scenario } from '../scenario.ts';
import { h01 } from './h01-rejected-duplicate.ts';
import { h02 } from './h02-late-finisher.ts';
import { h03 } from './h03-late-failer.ts';
import { h04 } from './h04-missing-key-parts.ts';
import { h05 } from './h05-mutated-event.ts';
import { h06 } from './h06-two-operations.ts';
import { h07 } from './h07-nested-operations.ts';
import { h08 } from './h08-ghost-write.ts';
import { h09 } from './h09-unstorable-results.ts';
import { h10 } from './h10-replay-differs.ts';
import { h11 } from './h11-completing-fails.ts';
import { h12 } from './h12-releasing-fails.ts';
import { h13 } from './h13-early-timeout.ts';
import { h14 } from './h14-timeout-response.ts';
import { h15 } from './h15-outer-after.ts';
import { h16 } from './h16-outer-after-throws.ts';
import { h17 } from './h17-cached-object.ts';
import { h18 } from './h18-no-time-left.ts';
import { h19 } from './h19-clock-skew.ts';
import { h20 } from './h20-short-retention.ts';
import { h21 } from './h21-hash-collisions.ts';
import { h22 } from './h22-falsy-keys.ts';
import { h23 } from './h23-thrown-values.ts';
import { h24 } from './h24-durable-executions.ts';
import { h25 } from './h25-streamed-responses.ts';
import { h26 } from './h26-lease-to-the-millisecond.ts';

/** All holes of the findings, in their order. */
export const scenarios: readonly Scenario[] = [
  h01,
  h02,
  h03,
  h04,
  h05,
  h06,
  h07,
  h08,
  h09,
  h10,
  h11,
  h12,
  h13,
  h14,
  h15,
  h16,
  h17,
  h18,
  h19,
  h20,
  h21,
  h22,
  h23,
  h24,
  h25,
  h26,
];
