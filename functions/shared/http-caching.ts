import { createHash } from 'node:crypto';
import type { HttpHandlerEvent, JsonResponse } from './http.ts';

/*
 * What clients may keep of a profile, by RFC 9111.
 *
 * A whole profile: `private`, since it is personal data and no cache on the way may hand it to another caller; `no-cache`, so that a
 * caller's own cache may keep it but asks each time whether it still is the one (`If-None-Match`), which a 304 answers without the
 * body. An age in which a client would not even ask would come on top of that of our own cache, and the authorizer would not be asked
 * whether the caller may still see it. A PUT through a client's cache makes it drop what it has kept of the URL (section 4.4).
 *
 * A degraded one: `no-store`. Kept, it would take the place of the whole one that the client has, and be shown when all is well again. It
 * has no ETag either: it is no state of the profile.
 */
const WHOLE = 'private, no-cache';
const DEGRADED = 'no-store';

/** Quoted, as it is sent. Strong: the same tag means the same bytes. */
const tagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url')}"`;

/**
 * Whether the client has what the tag stands for. A proxy that compresses answers makes a strong tag a weak one, and `If-None-Match`
 * compares without regard to that.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
 */
function isHeld(event: HttpHandlerEvent, tag: string): boolean {
  const asked = event.headers['if-none-match']?.trim();
  const held: readonly string[] = asked?.match(/"[^"]*"/g) ?? [];
  return asked === '*' || held.includes(tag);
}

/** The answer of a GET with what a client may keep of it, or a 304 where it has the same already. */
export function cacheable(event: HttpHandlerEvent, answer: JsonResponse, isWhole: boolean): JsonResponse {
  if (!isWhole) return { ...answer, headers: { ...answer.headers, 'cache-control': DEGRADED } };
  const kept = { 'cache-control': WHOLE, etag: tagOf(answer.body) };
  if (!isHeld(event, kept.etag)) return { ...answer, headers: { ...answer.headers, ...kept } };
  const { 'content-type': _, ...headers } = answer.headers;
  return { statusCode: 304, headers: { ...headers, ...kept }, body: '' };
}
