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
import { i01 } from './i01-lost-answer.ts';
import { i02 } from './i02-answer-refused.ts';
import { i04 } from './i04-refused-transaction.ts';
import { i05 } from './i05-odd-answers.ts';
import { i07 } from './i07-long-numbers.ts';
import { i08 } from './i08-two-paths.ts';
import { i09 } from './i09-key-twice.ts';
import { i10 } from './i10-unusable-keys.ts';
import { i11 } from './i11-no-body.ts';
import { i12 } from './i12-parsed-body.ts';
import { i13 } from './i13-error-handler.ts';
import { i14 } from './i14-own-cors.ts';
import { i15 } from './i15-first-caller-only.ts';
import { i16 } from './i16-pings-and-checks.ts';
import { i17 } from './i17-typed-as-json.ts';
import { i18 } from './i18-typed-handlers.ts';
import { i19 } from './i19-odd-tables.ts';
import { i20 } from './i20-third-argument.ts';

/** All holes, in their order. Of those of HTTP and of outcomes (I) some are about one library only: see bench/README.md. */
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
  i01,
  i02,
  i04,
  i05,
  i07,
  i08,
  i09,
  i10,
  i11,
  i12,
  i13,
  i14,
  i15,
  i16,
  i17,
  i18,
  i19,
  i20,
];
