import { API_TIMEOUT } from './api-timeout.ts';
import { ASYNC_FAILURES_LOST } from './async-failures.ts';
import { DELIVERY_KEY_REFUSED, DELIVERY_REFUSED } from './delivery-rules.ts';
import { endedRuntime } from './ended-runtime.ts';
import { EVENT_BUS_KEY } from './event-bus-key.ts';
import { LOCAL_STAGE } from './local-stage.ts';
import { OPEN_ROUTE } from './open-route.ts';
import { DEAD_LETTERS_EXPIRE, QUEUE_FAILURES_LOST } from './queue-redrive.ts';
import type { CheckRule } from './rule.ts';
import { SCHEDULE_FAILURES_LOST } from './schedule-failures.ts';
import { STREAM_FAILURES } from './stream-failures.ts';
import { VISIBILITY_TIMEOUT } from './visibility-timeout.ts';
import { WARM_CAPACITY_RULES } from './warm-rules.ts';

/** All rules of `ResilienceChecks`. This is the one place where they are listed. */
export const checkRules = (ends: Readonly<Record<string, string>>, today: string): readonly CheckRule[] => [
  DELIVERY_REFUSED,
  DELIVERY_KEY_REFUSED,
  EVENT_BUS_KEY,
  ASYNC_FAILURES_LOST,
  STREAM_FAILURES,
  SCHEDULE_FAILURES_LOST,
  QUEUE_FAILURES_LOST,
  DEAD_LETTERS_EXPIRE,
  API_TIMEOUT,
  VISIBILITY_TIMEOUT,
  endedRuntime(ends, today),
  OPEN_ROUTE,
  LOCAL_STAGE,
  ...WARM_CAPACITY_RULES,
];
