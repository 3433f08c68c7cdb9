import { textOf } from './property.ts';

/** What was warned of: what always fails would warn at every call. */
const warned = new Set<string>();

/** Warns of a user's function that misbehaves, once for each. */
export function warnOnce(owner: string, problem: string): void {
  if (warned.has(owner)) return;
  warned.add(owner);
  process.emitWarning(`${owner} ${problem}`, 'FibrinWarning');
}

/** Name and code of what was thrown, where they are words: a message may quote anything. */
export const labelOf = (error: unknown): string =>
  [textOf(error, 'name'), textOf(error, 'code')].filter((text) => /^\w{1,60}$/.test(text)).join(' ') ||
  'a value';
