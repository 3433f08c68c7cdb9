/** The last moment that a Date can tell. */
const LAST_MS = 8.64e15;

/** ISO 8601; the number itself where no Date can tell it. */
export const isoText = (atMs: number): string =>
  Math.abs(atMs) <= LAST_MS ? new Date(atMs).toISOString() : String(atMs);
