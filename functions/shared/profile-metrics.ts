import type { Outcome } from 'fibrin';
import { type EmfOptions, emfMetrics } from 'fibrin/telemetry';

/** What a profile is made of. Each is a value of the dimension `part`, and there are no others. */
export type Part = 'user' | 'posts' | 'friends';

/** A value from a cache is as good: how old it may be is said there. */
const LIVE: readonly string[] = ['live', 'cache'];

/**
 * Counts how profiles are served. Each metric is 1 or 0, so that its average is a fraction.
 *
 * | metric | dimension | value |
 * | --- | --- | --- |
 * | `ProfilesLive` | | 1 for a profile all of whose parts are live, or from a cache within their time |
 * | `ProfilesDegraded` | | 1 for a profile of which some part is not |
 * | `ProfilesUnavailable` | | 1 for a profile that cannot be served, since its user cannot be read |
 * | `PartsLive`, `PartsDegraded` | `part` | the same of a part |
 */
export function profileMetrics(
  options: EmfOptions,
): (parts: Readonly<Record<Part, Pick<Outcome<unknown>, 'source'>>>) => void {
  const { put } = emfMetrics(options);
  const countOf = (isSo: boolean) => ({ value: isSo ? 1 : 0, unit: 'Count' }) as const;

  return (parts) => {
    const sources = Object.entries(parts).map(([part, { source }]) => [part, LIVE.includes(source)] as const);
    const isServed = parts.user.source !== 'none';
    const isLive = sources.every(([, isPartLive]) => isPartLive);
    put({
      ProfilesLive: countOf(isServed && isLive),
      ProfilesDegraded: countOf(isServed && !isLive),
      ProfilesUnavailable: countOf(!isServed),
    });
    for (const [part, isPartLive] of sources)
      put({ PartsLive: countOf(isPartLive), PartsDegraded: countOf(!isPartLive) }, { part });
  };
}
