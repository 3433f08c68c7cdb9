/*
 * Checks that documentation and finished code use the terms of docs/glossary.md, that links in the documentation lead
 * somewhere, and that the check itself works: its fixtures must be refused and accepted.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Refused, refusedWords } from './glossary.ts';
import { deadLinks } from './links.ts';
import { checkedFiles } from './scope.ts';
import { partsOf } from './texts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURE = 'test/words/fixture';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const refused = refusedWords(read('docs/glossary.md'));

interface Finding {
  readonly line: number;
  readonly what: string;
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length;

const namedBy = ({ word, say }: Refused, found: string): string =>
  `"${found.replaceAll(/\s+/g, ' ')}"${found.toLowerCase() === word.toLowerCase() ? '' : ` (${word})`}: say ${say}`;

function findingsIn(file: string): readonly Finding[] {
  const text = read(file);
  const words = partsOf(file, text).flatMap((part) =>
    refused
      .filter(({ kind }) => kind === part.kind)
      .flatMap((one) =>
        [...part.text.matchAll(one.pattern)].map((match) => ({
          line: lineOf(text, part.at + match.index),
          what: namedBy(one, match[0]),
        })),
      ),
  );
  const name = refused.find(({ kind, word }) => kind === 'code' && word === basename(file));
  const links = file.endsWith('.md') ? deadLinks(ROOT, file, text) : [];
  return [
    ...words,
    ...(name ? [{ line: 1, what: namedBy(name, basename(file)) }] : []),
    ...links.map(({ target, at }) => ({ line: lineOf(text, at), what: `the link ${target} leads nowhere` })),
  ].toSorted((one, other) => one.line - other.line);
}

/** What the fixtures say about the check: each line with the word "refuse" has a finding, and no other. */
function troubleWith(fixture: string): readonly string[] {
  const expected = read(fixture)
    .split('\n')
    .flatMap((line, index) => (/\brefuse\b/.test(line) ? [index + 1] : []));
  const found = new Set(findingsIn(fixture).map(({ line }) => line));
  return [
    ...(expected.length === 0 ? [`${fixture}: expected lines with the word "refuse"`] : []),
    ...expected.filter((line) => !found.has(line)).map((line) => `${fixture}:${line}: was not refused`),
    ...[...found].filter((line) => !expected.includes(line)).map((line) => `${fixture}:${line}: was refused`),
  ];
}

const counts = new Map<string, number>();
const lines: string[] = [];
for (const { file, folder } of checkedFiles(ROOT)) {
  const findings = findingsIn(file);
  counts.set(folder, (counts.get(folder) ?? 0) + findings.length);
  for (const { line, what } of findings) lines.push(`${file}:${line}: ${what}`);
}
if (counts.size < 2) lines.push('words: expected files to check: the check sees nothing');
for (const fixture of [`${FIXTURE}/prose.md`, `${FIXTURE}/code.ts`]) lines.push(...troubleWith(fixture));

for (const line of lines) console.error(line);
console.log(`words: ${[...counts].map(([folder, count]) => `${folder} ${count}`).join(', ')}`);
process.exitCode = lines.length === 0 ? 0 : 1;
