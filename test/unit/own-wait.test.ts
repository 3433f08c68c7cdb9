import { expect, test } from 'vitest';
import { hasOwnWait, noteOwnWait } from '../../lib/core/own-wait.ts';

test('a reason is known to have waited for a connection of its own when that was noted', () => {
  const waited = new Error('timed out');
  noteOwnWait(waited);

  expect(hasOwnWait(waited)).toBe(true);
  expect(hasOwnWait(new Error('timed out'))).toBe(false);
});

test.each([undefined, null, 'timed out', 7])('a reason that is no object is not noted: %j', (reason) => {
  noteOwnWait(reason);

  expect(hasOwnWait(reason)).toBe(false);
});
