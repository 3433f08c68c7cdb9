/*
 * Compiles every TypeScript example: those of the README and of the docstrings. One that stands without imports gets the
 * public names that a reader would import.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = join(ROOT, '.fibrin', 'examples');

const namesOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g)]
    .flatMap(([, list = '']) => list.split(','))
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '');

/** Imports of the names that an example uses, the entry of its own folder first where two have one name. */
function importsFor(file: string, code: string): string {
  const entries = [
    ['fibrin/middleware', namesOf('lib/middleware/index.ts')],
    ['fibrin/dynamodb', namesOf('lib/store/index.ts')],
    ['fibrin/events', namesOf('lib/events/index.ts')],
    ['fibrin/telemetry', namesOf('lib/telemetry/index.ts')],
    ['fibrin/testing', namesOf('lib/testing/index.ts')],
    ['fibrin', namesOf('lib/index.ts')],
  ] as const;
  const ordered = file.startsWith('lib/middleware/') ? entries : [...entries].reverse();
  const taken = new Set<string>();
  const lines = ordered.map(([entry, names]) => {
    const used = names.filter((name) => !taken.has(name) && new RegExp(`\\b${name}\\b`).test(code));
    for (const name of used) taken.add(name);
    return used.length > 0
      ? `import { ${used.map((name) => (/^[A-Z]/.test(name) && !name.endsWith('Error') ? `type ${name}` : name)).join(', ')} } from '${entry}';`
      : '';
  });
  return ["import middy from '@middy/core';", ...lines, 'void middy;'].join('\n');
}

const examples: { readonly from: string; readonly code: string }[] = [];
for (const from of ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT })]) {
  for (const [, code = ''] of readFileSync(join(ROOT, from), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g))
    examples.push({ from, code });
}
for (const from of globSync('lib/**/*.ts', { cwd: ROOT })) {
  for (const [, block = ''] of readFileSync(join(ROOT, from), 'utf8').matchAll(
    /@example\n\s*\* ```ts\n([\s\S]*?)\* ```/g,
  )) {
    examples.push({ from, code: block.replaceAll(/^\s*\* ?/gm, '') });
  }
}
if (examples.length === 0) throw new Error('no examples were found: the check sees nothing');

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const [index, { from, code }] of examples.entries()) {
  const head = /^import /m.test(code) ? '' : importsFor(from, code);
  writeFileSync(
    join(OUT, `${index}-${from.replaceAll(/[^\w]+/g, '-')}.ts`),
    `${head}\n${code}\nexport {};\n`,
  );
}
writeFileSync(
  join(OUT, 'tsconfig.json'),
  JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts', '../../lib/**/*.d.ts'], exclude: [] }),
);
try {
  execFileSync('tsc', ['-p', OUT], { cwd: ROOT, stdio: 'inherit' });
} catch {
  process.exitCode = 1;
}
console.log(`examples: ${examples.length} compiled, ${process.exitCode === 1 ? 'with errors' : 'no errors'}`);
