import { SHARED_PROBES } from '../../lib/breaker/constants.ts';
import { INITIAL, type StoredState } from '../../lib/breaker/state.ts';
import { type Change, changeOf } from '../property/breaker-model/changes.ts';
import type { Written } from './order.ts';

export interface Write extends Written {
  readonly by: number;
}

/** A write with what it was made of, where a process has noted that. */
interface Step extends Write {
  readonly before: StoredState;
  readonly beforeBy: number | undefined;
  readonly change: Change | undefined;
}

function stepsOf(writes: readonly Write[]): readonly Step[] {
  const ofVersion = new Map(writes.map((write) => [write.state.version, write]));
  return writes.flatMap((write) => {
    const found = ofVersion.get(write.state.version - 1);
    const before = write.state.version === 1 ? INITIAL : found?.state;
    if (before === undefined) return [];
    return [{ ...write, before, beforeBy: found?.by, change: changeOf(before, write.state) }];
  });
}

function wrongStep({ by, at, state, before, beforeBy, change }: Step): readonly string[] {
  const { version } = state;
  const isRecord = before.isProbing && change !== 'claim';
  const isSuccess = change === 'success' || change === 'closing';
  const isTakeover = before.isProbing && change === 'claim';
  const isEarly = change === 'closing' && before.successes + 1 < SHARED_PROBES;
  return [
    ...(change === undefined ? [`${by} wrote in version ${version} what the protocol does not have`] : []),
    ...(isRecord && by !== beforeBy ? [`${by} recorded in version ${version} the probe of ${beforeBy}`] : []),
    ...(isSuccess && at >= before.until ? [`${by} was late with version ${version}`] : []),
    ...(isTakeover && at < before.until ? [`${by} took over in version ${version} too soon`] : []),
    ...(isEarly ? [`it closed after ${before.successes + 1} successes`] : []),
  ];
}

/**
 * The story of the state, by those who have written it.
 * @param unknown Writes that may have been applied or not.
 */
export function wrongWrites(writes: readonly Write[], version: number, unknown: number): readonly string[] {
  const versions = writes.map(({ state }) => state.version);
  const isWhole = new Set(versions).size === versions.length && version - versions.length <= unknown;
  const steps = stepsOf(writes);
  const changes = steps.filter(({ change }) => change === 'trip' || change === 'closing');
  const story = changes.map(({ state }) => state.state).join(', ');
  return [
    ...(isWhole ? [] : [`versions ${versions.join(', ')} lead to ${version}`]),
    ...(story === 'open, closed' ? [] : [`it became ${story}`]),
    ...steps.flatMap(wrongStep),
  ];
}
