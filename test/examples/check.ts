/*
 * Compiles every TypeScript example: those of the README, of the documents and of the docstrings. One that stands without
 * imports gets the public names that a reader would import.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectCommands, collectExamples, ROOT } from './collect.ts';
import { importsFor } from './entries.ts';

const OUT = join(ROOT, '.fibrin', 'examples', 'check');

const examples = collectExamples();
const commands = collectCommands();
if (examples.length === 0) throw new Error('no examples were found: the check sees nothing');

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const example of examples) {
  const name = `${example.from.replaceAll(/[^\w]+/g, '-')}-${example.line}.ts`;
  writeFileSync(join(OUT, name), `${importsFor(example)}\n${example.code}\nexport {};\n`);
}
writeFileSync(
  join(OUT, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../../tsconfig.json',
    include: ['*.ts', '../../../lib/**/*.d.ts'],
    exclude: [],
  }),
);
try {
  execFileSync('tsc', ['-p', OUT], { cwd: ROOT, stdio: 'inherit' });
} catch {
  process.exitCode = 1;
}
console.log(
  `examples: ${examples.length} compiled, ${process.exitCode === 1 ? 'with errors' : 'no errors'}; ${commands.length} commands are not run`,
);
