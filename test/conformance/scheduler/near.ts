import type { Deployment } from '../case.ts';

const MINUTE = 60;
/** A platform that is fast needs minutes of its own to come up, and then there are those until schedules are due. */
const FAST_SECONDS = 15 * MINUTE;
const SLOW_SECONDS = 4.5 * MINUTE;
const LEAST_SECONDS = 5;

const firstAskedAt = new WeakMap<Deployment, number>();

/** How long, of the platform's time, until whatever is due has run. Who comes later has less to wait for. */
export function nearSeconds(deployed: Deployment): number {
  const now = performance.now();
  const startedAt = firstAskedAt.get(deployed) ?? now;
  firstAskedAt.set(deployed, startedAt);
  const passed = ((now - startedAt) / 1_000) * deployed.timeScale;
  return Math.max(LEAST_SECONDS, (deployed.timeScale > 1 ? FAST_SECONDS : SLOW_SECONDS) - passed);
}
