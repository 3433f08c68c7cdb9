import { randomUUID } from 'node:crypto';
import { until } from '../deploy/steps.ts';
import type { Deployment } from './case.ts';
import type { Recorded } from './driver/records.ts';

/** An id under which nobody else writes anything down. */
export const newId = (): string => randomUUID();

/** What functions wrote down under an id, as soon as there are so many. */
export const recordedOf = <T = Record<string, unknown>>(
  deployed: Deployment,
  id: string,
  count = 1,
  withinMs = 20_000,
): Promise<readonly Recorded<T>[]> =>
  until(
    `${count} records`,
    withinMs,
    async () => (await deployed.command('recorded', { id })) as readonly Recorded<T>[],
    (records) => records.length >= count,
  );
