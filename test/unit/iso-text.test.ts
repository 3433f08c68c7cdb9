import { expect, test } from 'vitest';
import { isoText } from '../../lib/core/iso-text.ts';

test.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [8.64e15, '+275760-09-13T00:00:00.000Z'],
  [-8.64e15, '-271821-04-20T00:00:00.000Z'],
])('is ISO 8601 for %d', (atMs, text) => {
  expect(isoText(atMs)).toBe(text);
});

test.each([8.64e15 + 1, -8.64e15 - 1, Number.NaN, Number.POSITIVE_INFINITY])(
  'is the number itself for %d, which no Date can tell',
  (atMs) => {
    expect(isoText(atMs)).toBe(String(atMs));
  },
);
