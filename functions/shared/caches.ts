import { type SharedCache, sharedCache } from 'fibrin/cache';
import type { Friends, MaybeUser, Posts } from './profile.ts';
import { cacheStore } from './tables.ts';

/*
 * What all environments keep of a profile. Functions that change a user write or invalidate it here too.
 *
 * Posts and friend counts come from services that answer in tens of milliseconds and announce no change: they are handed out for
 * half a minute more while one environment refreshes them, so that no request waits for what many ask for. A user comes from a table that
 * answers in a few, and every change of it is known: nothing is handed out beyond its time, which bounds how long a change whose event is
 * lost stays unseen.
 */

/** To be increased where values change their shape: during a deployment functions of both versions run. */
const SCHEMA_VERSION = 1;

/** What all of them have. */
const shared = () => ({
  store: cacheStore(),
  schemaVersion: SCHEMA_VERSION,
  // Where many environments start at once, each that gave up sooner would call the services instead. The first answer, with which the
  // connection is made, may take four times as long.
  storeTimeoutMs: 100,
});

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

export const userCache = (): SharedCache<MaybeUser> =>
  sharedCache<MaybeUser>({
    ...{ ...shared(), name: 'users' },
    // That there is none is kept for a moment only: the table must not fill with ids that a client makes up.
    ttlMs: (user) => (user === undefined ? 10 * SECOND_MS : 5 * MINUTE_MS),
    version: (user) => user?.version ?? 0,
    // Each request asks the table of the caches, so that a caller sees its own change whichever environment it meets.
    memoryTtlMs: 0,
    // A name of an hour ago is better than no profile at all.
    staleIfErrorMs: HOUR_MS,
    staleWhileRevalidateMs: 0,
  });

export const postsCache = (): SharedCache<Posts> =>
  sharedCache<Posts>({
    ...{ ...shared(), name: 'posts' },
    ttlMs: MINUTE_MS,
    memoryTtlMs: SECOND_MS,
    staleWhileRevalidateMs: MINUTE_MS / 2,
    // What was withdrawn must not be shown for long.
    staleIfErrorMs: 15 * MINUTE_MS,
  });

export const friendsCache = (): SharedCache<Friends | null> =>
  sharedCache<Friends | null>({
    ...{ ...shared(), name: 'social' },
    ttlMs: MINUTE_MS,
    memoryTtlMs: SECOND_MS,
    staleWhileRevalidateMs: MINUTE_MS / 2,
    // A count of yesterday does no damage.
    staleIfErrorMs: 24 * HOUR_MS,
  });
