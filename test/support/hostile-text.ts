import { expect } from 'vitest';

/** One of each kind of what a terminal obeys, and a line that pretends to be of whoever prints the text. */
export const HOSTILE = 'a\u001b[31m\u0007\u009b2J\u007f\u061c\u202e\u2066\u2028\u2029\u0085\r\tb\nforged: c';

/** That text as it is shown. */
export const SHOWN: string =
  'a\\u001b[31m\\u0007\\u009b2J\\u007f\\u061c\\u202e\\u2066\\u2028\\u2029\\u0085\\u000d\\u0009b\\u000aforged: c';

/** Checks that a terminal only shows what was printed, and that each line is of whoever printed it. */
export function expectOnlyShown(output: string): void {
  expect(output).not.toMatch(/[^\P{Cc}\n]|[\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  expect(output).not.toMatch(/^forged/m);
}
