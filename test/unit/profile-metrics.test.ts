import { describe, expect, test } from 'vitest';
import { type Part, profileMetrics } from '../../functions/shared/profile-metrics.ts';
import { readEmf } from '../support/emf.ts';

type Source = 'live' | 'cache' | 'stale' | 'fallback' | 'none';

/** The metrics of one request, as CloudWatch reads them. */
function metricsOf(sources: Readonly<Record<Part, Source>>) {
  const lines: string[] = [];
  const count = profileMetrics({ namespace: 'Profiles', write: (line) => lines.push(line) });
  const part = (source: Source) => ({ source });
  count({ user: part(sources.user), posts: part(sources.posts), friends: part(sources.friends) });
  return lines.map(readEmf).map(({ dimensions, metrics }) => ({ ...dimensions, ...metrics }));
}

const live = { PartsLive: 1, PartsDegraded: 0 };
const degraded = { PartsLive: 0, PartsDegraded: 1 };

describe('the metrics of profiles', () => {
  test('count a profile as live when all of its parts are', () => {
    expect(metricsOf({ user: 'live', posts: 'live', friends: 'live' })).toEqual([
      { ProfilesLive: 1, ProfilesDegraded: 0, ProfilesUnavailable: 0 },
      { part: 'user', ...live },
      { part: 'posts', ...live },
      { part: 'friends', ...live },
    ]);
  });

  test('count a part from a cache within its time as live, and a stale one as degraded', () => {
    expect(metricsOf({ user: 'cache', posts: 'cache', friends: 'live' })[0]).toMatchObject({
      ProfilesLive: 1,
    });
    expect(metricsOf({ user: 'stale', posts: 'cache', friends: 'live' })).toEqual([
      { ProfilesLive: 0, ProfilesDegraded: 1, ProfilesUnavailable: 0 },
      { part: 'user', ...degraded },
      { part: 'posts', ...live },
      { part: 'friends', ...live },
    ]);
  });

  test('count it as degraded, and which of its parts are', () => {
    expect(metricsOf({ user: 'live', posts: 'fallback', friends: 'live' })).toEqual([
      { ProfilesLive: 0, ProfilesDegraded: 1, ProfilesUnavailable: 0 },
      { part: 'user', ...live },
      { part: 'posts', ...degraded },
      { part: 'friends', ...live },
    ]);
  });

  test('count it as unavailable when its user cannot be read', () => {
    expect(metricsOf({ user: 'none', posts: 'live', friends: 'fallback' })).toEqual([
      { ProfilesLive: 0, ProfilesDegraded: 0, ProfilesUnavailable: 1 },
      { part: 'user', ...degraded },
      { part: 'posts', ...live },
      { part: 'friends', ...degraded },
    ]);
  });
});
