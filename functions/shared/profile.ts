import { FibrinError, type Item, type Outcome } from 'fibrin';
import * as v from 'valibot';

/** The records of the workload, and what an answer about them must be to be valid. */

const userId = v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/));

/** Text as people write it: whole characters, no replacement characters, and no control characters. */
const text = (mostCharacters: number) =>
  v.pipe(
    v.string(),
    v.maxLength(mostCharacters),
    v.check((value) => value.isWellFormed() && !/[[\p{Cc}\uFFFD]--[\n\t]]/v.test(value)),
  );

export const User = v.object({
  id: userId,
  name: v.pipe(text(100), v.minLength(1)),
  email: v.pipe(v.string(), v.email(), v.maxLength(254)),
  bio: v.optional(text(1_000)),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
});
export type User = v.InferOutput<typeof User>;

export const Posts = v.pipe(
  v.array(
    v.object({
      id: v.string(),
      userId,
      title: v.string(),
      publishedAt: v.pipe(v.string(), v.isoTimestamp()),
    }),
  ),
  v.maxLength(100),
);
export type Posts = v.InferOutput<typeof Posts>;

/** Posts as a profile shows them. */
export const newestFirst = (posts: Posts): Posts =>
  posts.toSorted((a, b) => Date.parse(b.publishedAt) - Date.parse(a.publishedAt));

/** No such user is a valid answer; a user without a field is not. */
export const MaybeUser = v.optional(User);
export type MaybeUser = v.InferOutput<typeof MaybeUser>;

export const Friends = v.object({ userId, count: v.pipe(v.number(), v.integer(), v.minValue(0)) });
export type Friends = v.InferOutput<typeof Friends>;

/** Whether a record belongs to the requested user. */
export const isAbout = (
  found: { readonly userId: string } | null,
  asked: { readonly key: string | undefined },
): boolean => found?.userId === asked.key;

type Parts = Readonly<Record<string, Outcome<unknown>>>;

/** Which parts of a profile are missing, or older than they should be. */
export const degradedParts = (parts: Parts): string[] =>
  Object.entries(parts).flatMap(([part, { degraded }]) => (degraded ? [part] : []));

/**
 * Where each part is from, as a header (a dictionary of RFC 9651): `user=live, friend-count=cache`. It is no part of the profile,
 * which is the same and has the same ETag whether it came from a cache or not.
 */
export const sourcesHeader = (parts: Parts): Readonly<Record<'profile-sources', string>> => ({
  'profile-sources': Object.entries(parts)
    .map(
      ([part, { source }]) => `${part.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}=${source}`,
    )
    .join(', '),
});

/** What a caller may change of a profile. Anything else in the body is refused. */
export const ProfileChange = v.strictObject({
  name: User.entries.name,
  email: User.entries.email,
  bio: User.entries.bio,
});
export type ProfileChange = v.InferOutput<typeof ProfileChange>;

export const userKey = (id: string): string => `user#${id}`;

export function toItem({ bio, ...user }: User): Item {
  return bio === undefined ? user : { ...user, bio };
}

/** The id in the path. @throws {FibrinError} 400 for anything that is not a plain positive number of up to nine digits. */
export function profileId(event: {
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | undefined;
}): string {
  const id = event.pathParameters?.['id'];
  if (!v.is(User.entries.id, id)) {
    throw new FibrinError('BAD_ID', 'A profile id is a whole number from 1 to 999999999', { status: 400 });
  }
  return id;
}

export const noSuchProfile = (id: string): FibrinError =>
  new FibrinError('NO_SUCH_PROFILE', `There is no profile ${id}`, { status: 404 });

export const userUnavailable = (cause: unknown): FibrinError =>
  new FibrinError('USER_UNAVAILABLE', 'The user cannot be read right now', {
    status: 503,
    retryAfterMs: 1_000,
    cause,
  });
