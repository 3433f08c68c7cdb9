/*
 * Checks that the breakers have no number of their own but those in the table of constants, that each of the table is explained,
 * and that the check itself works: it must find the fixture, which has one number too many.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = 'lib/breaker';
const TABLE = 'constants.ts';
/** Nothing, one, a pair, and milliseconds to seconds. */
const PLAIN: readonly number[] = [0, 1, 2, 1_000];

const parse = (file: string) =>
  ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.ESNext, true);

/** Where a file has a number that is not plain. */
function numbersIn(file: string): readonly string[] {
  const source = parse(file);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNumericLiteral(node) && !PLAIN.includes(Number(node.text))) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push(`${file}:${line + 1}: ${node.getText(source)}, expected a name of ${FOLDER}/${TABLE}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The constants of the table, each with whether a comment explains it. */
function constantsIn(file: string) {
  return parse(file).statements.flatMap((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.map((declaration) => ({
          where: `${file}: ${declaration.name.getText()}`,
          isExplained: ts.getJSDocCommentsAndTags(statement).length > 0,
        }))
      : [],
  );
}

const files = globSync(`${FOLDER}/*.ts`, { cwd: ROOT }).filter((file) => basename(file) !== TABLE);
const constants = constantsIn(`${FOLDER}/${TABLE}`);
const problems = [
  ...files.flatMap(numbersIn),
  ...constants
    .filter(({ isExplained }) => !isExplained)
    .map(
      ({ where }) => `${where}: expected a comment with its unit, its reason and what doubling it changes`,
    ),
];
for (const problem of problems) console.error(`numbers: ${problem}`);
const isBlind =
  files.length < 10 || constants.length < 20 || numbersIn('test/numbers/fixture/one-number.ts').length !== 1;
if (isBlind) console.error('numbers: the check sees too little: expected the fixture to be refused');
console.log(
  `numbers: ${constants.length} constants of ${FOLDER}, none outside of ${TABLE} in ${files.length} files`,
);
process.exitCode = problems.length > 0 || isBlind ? 1 : 0;
