import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import { systemRandom } from '../../lib/core/random.ts';
import { throughEach } from '../../lib/simulation/requests.ts';
import { memoryStore } from '../../lib/store/memory.ts';

const WORK_MS = 40;
const STORE_MS = 5;
const SLOW_MS = 2_000;
/** So few that no sandbox opens for itself. */
const FAILED_SHARE = 0.02;
const SANDBOXES = 10;
const EVERY_MS = 200;

export const TROUBLES = ['well', 'refused', 'throttled', 'slow by 2 s'] as const;
type Trouble = (typeof TROUBLES)[number];

/** A fleet of its own, with a store of its own, which gets into one kind of trouble. */
export interface Lane {
  readonly trouble: Trouble;
  /** What each call took since the trouble began. */
  readonly tookMs: readonly number[];
  /** Calls that have failed of something else than what they called. */
  readonly errors: () => number;
  /** The store gets into trouble. */
  begin(): void;
  run(forMs: number): Promise<void>;
}

class OwnError extends Error {
  readonly status = 503;
}

export function lane(trouble: Trouble): Lane {
  const inner = memoryStore();
  const tookMs: number[] = [];
  let errors = 0;
  let now: Trouble = 'well';
  let isMeasured = false;

  const late = async <R>(request: () => Promise<R>, signal?: AbortSignal): Promise<R> => {
    await sleep(systemClock, now === 'slow by 2 s' ? SLOW_MS : STORE_MS, signal);
    if (now === 'refused' || now === 'throttled') throw new StoreError(now, { retryable: true });
    return request();
  };
  const store = throughEach(inner, late);

  const work = async () => {
    await sleep(systemClock, WORK_MS);
    if (systemRandom.next() < FAILED_SHARE) throw new OwnError('outage');
  };
  const sandbox = async (untilMs: number) => {
    const breaker = sharedBreaker({ name: 'work', store });
    while (systemClock.monotonic() < untilMs) {
      const startedAt = systemClock.monotonic();
      await breaker.execute(work).catch((error: unknown) => {
        if (!(error instanceof OwnError)) errors++;
      });
      if (isMeasured) tookMs.push(systemClock.monotonic() - startedAt);
      await sleep(systemClock, EVERY_MS * (0.5 + systemRandom.next()));
    }
  };
  return {
    trouble,
    tookMs,
    errors: () => errors,
    begin() {
      now = trouble;
      isMeasured = true;
    },
    async run(forMs) {
      const untilMs = systemClock.monotonic() + forMs;
      await Promise.all(Array.from({ length: SANDBOXES }, () => sandbox(untilMs)));
    },
  };
}
