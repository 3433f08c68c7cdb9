import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collectCommands, commandsIn, examplesIn, placeOf, ROOT } from '../examples/collect.ts';
import { ENTRIES, importsFor } from '../examples/entries.ts';

describe('the examples of a file', () => {
  test('are the TypeScript blocks of Markdown, each with the line that opens it', () => {
    const text =
      '# Rates\n\n```ts\nconst a = 1;\n```\n\n```sh\nnpm test\n```\n\n```ts\nconst b = 2;\n\nb;\n```\n';

    expect(examplesIn('docs/rates.md', text)).toMatchObject([
      { from: 'docs/rates.md', line: 3, code: 'const a = 1;\n' },
      { from: 'docs/rates.md', line: 11, code: 'const b = 2;\n\nb;\n' },
    ]);
  });

  test('are the blocks behind each @example of its docstrings', () => {
    const text = [
      '/** Not one: `@example`. */',
      'export const a = 1;',
      '/**',
      ' * Adds.',
      ' * ```ts',
      ' * not.an(example);',
      ' * ```',
      ' * @example',
      ' * ```ts',
      ' * if (a) {',
      ' *   add(a);',
      ' * }',
      ' * ```',
      ' * @see elsewhere',
      ' */',
    ].join('\n');

    const examples = examplesIn('lib/add.ts', text);

    expect(examples).toMatchObject([{ line: 9, code: 'if (a) {\n  add(a);\n}\n' }]);
    expect(examples.map(placeOf)).toEqual(['lib/add.ts:9']);
  });

  test.each([
    ['a block that nothing closes', 'docs/a.md', '```ts\nconst a = 1;\n'],
    ['an @example without a block', 'lib/a.ts', '/**\n * @example\n * add(1);\n */\n'],
  ])('cannot be read where there is %s', (_what, from, text) => {
    expect(() => examplesIn(from, text)).toThrow(from);
  });

  test('stand beside the commands of its shell blocks', () => {
    const text =
      '```sh\nexport A=b\nnpx --no-install fibrin simulate\ncurl -s localhost:4400 \\\n  -X PUT\n```\n';

    expect(commandsIn('docs/a.md', text)).toMatchObject([
      { line: 3, code: 'npx --no-install fibrin simulate' },
      { line: 4, code: 'curl -s localhost:4400 \\' },
    ]);
  });
});

describe('the commands of the documentation, and those that messages name', () => {
  const RISKY = /\bnpx (?!--no-install )[\w@]|\bnpm exec (?!--no )/;

  test('never run a package from the registry that is not installed', () => {
    const messages = globSync('lib/**/*.ts', { cwd: ROOT }).flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8').split('\n'),
    );
    const commands = collectCommands().map(({ code }) => code);

    expect([...commands, ...messages].filter((line) => RISKY.test(line))).toEqual([]);
    expect(commands.length).toBeGreaterThan(10);
    expect(messages.filter((line) => line.includes('npx --no-install'))).not.toEqual([]);
  });
});

describe('the imports of an example without any', () => {
  const importsOf = (code: string, from = 'docs/a.md') => importsFor({ from, line: 1, code });

  test('are the public names that it uses, types as types', () => {
    expect(importsOf('const handle = (given: HttpResponse) => timeout({}).execute(() => given);')).toBe(
      "import { type HttpResponse, timeout } from 'fibrin';\n",
    );
  });

  test('leave out what it declares itself', () => {
    expect(importsOf('const retry = 1;\nconst timeout = retry;\n')).toBe('');
  });

  test('are none where it has some', () => {
    expect(importsOf("import { retry } from 'fibrin';\nretry(timeout);\n")).toBe('');
  });

  test('take a name of two entries from the one in whose folder the example stands', () => {
    expect(importsOf('middy().use(deadline());', 'lib/middleware/deadline.ts')).toBe(
      "import middy from '@middy/core';\nimport { deadline } from 'fibrin/middleware';\n",
    );
  });

  test.each(ENTRIES)('know each value that $specifier exports', async ({ source, names }) => {
    const module = (await import(join(ROOT, source))) as object;

    const values = names.filter(({ isType }) => !isType).map(({ name }) => name);
    expect(new Set(values)).toEqual(new Set(Object.keys(module)));
  });
});
