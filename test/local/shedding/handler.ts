/* A handler that waits for a dependency which serves four at once, for a test of a real process. */
import { sleep, systemClock } from '../../../lib/core/clock.ts';
import { withShedding } from '../../../lib/middleware/with-shedding.ts';
import type { Priority } from '../../../lib/shedding/priority.ts';

let running = 0;

interface Request {
  readonly priority: Priority;
  /** Whether the handler knows no priorities: all requests are alike. */
  readonly isNaive: boolean;
}

export const handler = withShedding<Request, unknown, Promise<{ atOnce: number }>>(
  {
    // On a busy machine a turn may come late.
    ...{ limit: 4, queueTimeoutMs: 60_000 },
    priority: ({ priority, isNaive }) => (isNaive ? 'normal' : priority),
  },
  async () => {
    const atOnce = ++running;
    await sleep(systemClock, 100);
    running--;
    return { atOnce };
  },
);
