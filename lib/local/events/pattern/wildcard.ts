import { invalid } from './errors.ts';
import type { Wildcard } from './model.ts';

const encoder = new TextEncoder();

/** Where a fault is, as EventBridge counts: in UTF-8 bytes of the text with its opening quote. */
const position = (text: string, index: number): number => encoder.encode(text.slice(0, index)).length + 1;

/**
 * Splits `*` patterns into the text between the asterisks. `\*` and `\\` stand for the characters themselves.
 * @throws {InvalidPatternError} for two asterisks in a row and for any other escape.
 */
export function parseWildcard(value: unknown, at: string): Wildcard {
  if (typeof value !== 'string') {
    return invalid(at, 'a string', value, 'wildcard match pattern must be a string');
  }
  const pieces: string[] = [];
  let piece = '';
  for (let index = 0; index < value.length; index++) {
    const character = value[index] ?? '';
    const next = value[index + 1];
    if (character === '*') {
      if (next === '*') {
        const reason = `Consecutive wildcard characters at pos ${position(value, index)}`;
        invalid(at, 'text without two asterisks in a row', value, reason);
      }
      pieces.push(piece);
      piece = '';
    } else if (character === '\\') {
      if (next !== '*' && next !== '\\') {
        const reason = `Invalid escape character at pos ${position(value, index)}`;
        invalid(at, 'text whose only escapes are \\* and \\\\', value, reason);
      }
      piece += next;
      index++;
    } else piece += character;
  }
  return { kind: 'wildcard', pieces: [...pieces, piece] };
}

/** Takes each piece where it comes first. No backtracking: that leaves the most room for those that follow. */
export function matchesWildcard({ pieces }: Wildcard, value: string): boolean {
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return value === first;
  const last = pieces[pieces.length - 1] ?? '';
  const end = value.length - last.length;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let from = first.length;
  for (let index = 1; index < pieces.length - 1; index++) {
    const piece = pieces[index] ?? '';
    const found = value.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= end;
}
