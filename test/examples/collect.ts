import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** An example of the documentation: a block of code, and where it stands. */
export interface Example {
  /** Path of its file, from the root of the repository. */
  readonly from: string;
  /** Of the line that opens the block. */
  readonly line: number;
  readonly code: string;
}

/** The whole documentation: what stands in Markdown, and what stands in docstrings. */
const DOCUMENTS = ['README.md', 'docs/**/*.md'];
const SOURCES = ['{lib,cdk,functions}/**/*.ts'];

interface Block extends Example {
  readonly language: string;
}

/** The fenced blocks of a text in Markdown. */
function blocksOf(from: string, text: string, firstLine = 1): readonly Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, content] of text.split('\n').entries()) {
    const fence = /^\s*```(\w*)/.exec(content);
    if (open === undefined) {
      if (fence) open = { language: fence[1] ?? '', line: firstLine + index, lines: [] };
    } else if (fence) {
      const { language, line, lines } = open;
      blocks.push({ from, line, language, code: `${lines.join('\n')}\n` });
      open = undefined;
    } else open.lines.push(content);
  }
  if (open) throw new Error(`${from}:${open.line} opens a block of code that nothing closes`);
  return blocks;
}

/** The examples of the docstrings: what follows each `@example`, up to the next tag or the end of the comment. */
function docstringBlocks(from: string, text: string): readonly Block[] {
  return [...text.matchAll(/^ *\* @example\b(.*\n(?:(?! *\* @| *\*\/).*\n)*)/gm)].flatMap((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    const blocks = blocksOf(from, (match[1] ?? '').replaceAll(/^ *\* ?/gm, ''), line);
    if (blocks.length === 0) throw new Error(`${from}:${line} has an @example without a block of code`);
    return blocks;
  });
}

/** The path of a file, from the root of the repository, and its text. */
type File = readonly [from: string, text: string];

const blocksIn = ([from, text]: File): readonly Block[] =>
  from.endsWith('.md') ? blocksOf(from, text) : docstringBlocks(from, text);

/** The TypeScript examples of a file. */
export const examplesIn = (...file: File): readonly Example[] =>
  blocksIn(file).filter(({ language }) => language === 'ts');

/** The lines in the shell blocks of a file that call a server of the local run, npm or a command of a package. */
export const commandsIn = (...file: File): readonly Example[] =>
  blocksIn(file)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ from, line, code }) =>
      code.split('\n').map((command, index) => ({ from, line: line + 1 + index, code: command })),
    )
    .filter(({ code }) => /^(curl|npm|npx) /.test(code));

const read = (patterns: readonly string[]): readonly File[] =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }).sort())
    .map((from) => [from, readFileSync(join(ROOT, from), 'utf8')]);

/** All TypeScript examples of the documentation. */
export const collectExamples = (): readonly Example[] =>
  read([...DOCUMENTS, ...SOURCES]).flatMap((file) => examplesIn(...file));

/** All commands of the documentation. They are listed and not run here: they need servers or another project. */
export const collectCommands = (): readonly Example[] =>
  read(DOCUMENTS).flatMap((file) => commandsIn(...file));

export const placeOf = ({ from, line }: Example): string => `${from}:${line}`;
