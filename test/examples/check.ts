/*
 * Compiles every TypeScript example: those of the README, of the documents and of the docstrings. One that stands without
 * imports gets the public names that a reader would import.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectCommands, collectExamples, type Example, ROOT } from './collect.ts';
import { importsFor } from './entries.ts';

const OUT = join(ROOT, '.fibrin', 'examples', 'check');

const examples = collectExamples();
const commands = collectCommands();
if (examples.length === 0) throw new Error('no examples were found: the check sees nothing');

rmSync(OUT, { recursive: true, force: true });

/** Compiles some of the examples in a folder of their own. */
function compile(folder: string, some: readonly Example[], compilerOptions: object): void {
  const out = join(OUT, folder);
  mkdirSync(out, { recursive: true });
  for (const example of some) {
    const name = `${example.from.replaceAll(/[^\w]+/g, '-')}-${example.line}.ts`;
    writeFileSync(join(out, name), `${importsFor(example)}\n${example.code}\nexport {};\n`);
  }
  writeFileSync(
    join(out, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../../../tsconfig.json',
      compilerOptions,
      include: ['*.ts', '../../../../lib/**/*.d.ts'],
      exclude: [],
    }),
  );
  try {
    execFileSync('tsc', ['-p', out], { cwd: ROOT, stdio: 'inherit' });
  } catch {
    process.exitCode = 1;
  }
}

const isOfCdk = ({ code }: Example): boolean => code.includes("from 'aws-cdk-lib");
compile(
  'toolkit',
  examples.filter((example) => !isOfCdk(example)),
  {},
);
// As in cdk/tsconfig.json: the CDK's own types do not compile with it.
compile('cdk', examples.filter(isOfCdk), { exactOptionalPropertyTypes: false });
console.log(
  `examples: ${examples.length} compiled, ${process.exitCode === 1 ? 'with errors' : 'no errors'}; ${commands.length} commands are not run`,
);
