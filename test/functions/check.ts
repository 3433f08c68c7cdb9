/*
 * Checks that no function or closure in the parts that every call passes through, and in the listed ones of the local run, is
 * over 80 lines, and that the check itself works: it must find the fixture, which has one of 81.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Parts of the local run without a longer one. */
const LOCAL = ['code', 'dynamodb', 'http', 'runtime', 's3', 'sns', 'synth', 'template'].map(
  (name) => `lib/local/${name}`,
);
const FOLDERS = [...['core', 'policy', 'cache', 'middleware'].map((name) => `lib/${name}`), ...LOCAL];
/** Two screens. Lines. */
const MAX_LINES = 80;

interface Measured {
  readonly where: string;
  readonly lines: number;
}

function functionsOf(file: string): readonly Measured[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
  const found: Measured[] = [];
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const first = lineAt(node.getStart(source));
      found.push({ where: `${file}:${first}`, lines: lineAt(node.end) - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = [
  ...FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT })),
  'lib/local/run.ts',
];
const functions = files.flatMap(functionsOf);
const tooLong = functions.filter(({ lines }) => lines > MAX_LINES);
for (const { where, lines } of tooLong) {
  console.error(`functions: ${where}: ${lines} lines, expected at most ${MAX_LINES}`);
}
const longest = Math.max(...functions.map(({ lines }) => lines));
const isBlind =
  functions.length < 100 ||
  !functionsOf('test/functions/fixture/long.ts').some(({ lines }) => lines > MAX_LINES);
if (isBlind)
  console.error(
    'functions: the check sees too little: expected 100 functions, and the fixture to be refused',
  );
console.log(`functions: ${functions.length} in ${files.length} files, the longest has ${longest} lines`);
process.exitCode = tooLong.length > 0 || isBlind ? 1 : 0;
