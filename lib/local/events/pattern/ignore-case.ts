import type { IgnoringCase } from './model.ts';

const literal = (text: string): string =>
  Array.from({ length: text.length }, (_, index) => {
    const unit = text.charCodeAt(index).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');

const ANCHORS = { whole: ['^', '$'], start: ['^', ''], end: ['', '$'] } as const;

/**
 * Text that matches in any case. As Event Ruler has it, each character of the pattern stands for its lower and its
 * upper case, so `ß` matches `SS` too; folding both sides would match more than EventBridge does.
 */
export function ignoringCase(text: string, where: IgnoringCase['where']): IgnoringCase {
  const characters = Array.from(text, (character) => {
    const lower = literal(character.toLowerCase());
    const upper = literal(character.toUpperCase());
    return lower === upper ? lower : `(?:${lower}|${upper})`;
  });
  const [start, end] = ANCHORS[where];
  return {
    kind: 'ignoring-case',
    text,
    where,
    expression: new RegExp(`${start}${characters.join('')}${end}`),
  };
}
