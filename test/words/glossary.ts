/** Reads the words to refuse out of the glossary. */

/** One way to write something that is refused. */
export interface Refused {
  readonly word: string;
  /** What to say instead. */
  readonly say: string;
  /** A name in code, or a word or phrase in prose. */
  readonly kind: 'code' | 'prose';
  readonly pattern: RegExp;
}

/** Words without a term of their own: the sentence needs its subject. */
const NO_SUBJECT: readonly (readonly [word: string, say: string])[] = [
  ['whoever', 'the subject'],
  ['somebody', 'the subject'],
  ['nobody', 'the subject, with "no" or "not"'],
  ['told', 'reported, recorded, handed or said'],
  ['mended', 'repaired, fixed or restored'],
];

const escaped = (text: string): string => text.replaceAll(/[.()*+?^${}|[\]\\]/g, '\\$&');

/** A phrase may be broken into lines, within a comment too. Options and scripts (`--quiet`, `test:fleet`) are names. */
const prose = (word: string, say: string): Refused => ({
  ...{ word, say, kind: 'prose' },
  pattern: new RegExp(
    `(?<![\\w:]|--)${escaped(word).replaceAll(' ', '\\s+(?:(?:\\*|//)\\s+)?')}(?!\\w)`,
    'gi',
  ),
});

const code = (word: string, say: string): Refused => ({
  ...{ word, say, kind: 'code' },
  pattern: new RegExp(`(?<![\\w$])${escaped(word).replace(/\\\*$/, '\\w*')}(?![\\w$])`, 'g'),
});

/** @throws {Error} where the table is not what the check expects: it would find nothing. */
export function refusedWords(glossary: string): readonly Refused[] {
  const rows = glossary.split('\n').filter((line) => line.startsWith('| '));
  const cells = rows.slice(2).map((row) => row.slice(2, -2).split(' | '));
  if (cells.length === 0) throw new Error('glossary: expected a table');
  const entries = cells.flatMap(([say = '', replaced, ...more]) => {
    if (replaced === undefined || more.length > 0)
      throw new Error(`glossary: expected two columns in the row of "${say}"`);
    return replaced.split(', ').map((word) => {
      const name = /^`(.+)`$/.exec(word)?.[1];
      return name === undefined ? prose(word, say) : code(name, say);
    });
  });
  return [...entries, ...NO_SUBJECT.map(([word, say]) => prose(word, say))];
}
