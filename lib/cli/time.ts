import { isoText } from '../core/iso-text.ts';

/** Milliseconds of the units in which durations are written. */
export const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration; NaN where it is none.
 * @param pattern What is understood: an amount, and then one of the units.
 */
export function durationOf(text: string, pattern: RegExp): number {
  const [, amount, unit] = pattern.exec(text) ?? [];
  return Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

const UNITS = [
  ['d', UNITS_MS.d],
  ['h', UNITS_MS.h],
  ['min', UNITS_MS.m],
  ['s', UNITS_MS.s],
] as const;

/** A duration in its two largest units: `4 min 10 s`. */
export function durationText(ms: number): string {
  const largest = UNITS.findIndex(([, size]) => ms >= size);
  if (largest === -1) return 'less than 1 s';
  let left = ms;
  const parts = UNITS.slice(largest, largest + 2).map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? `${count} ${unit}` : '';
  });
  return parts.filter((part) => part !== '').join(' ');
}

/** A moment, and how far away it is. */
export function momentText(atMs: number, now: number): string {
  const away = atMs < now ? `${durationText(now - atMs)} ago` : `in ${durationText(atMs - now)}`;
  return `${isoText(atMs)}, ${away}`;
}
