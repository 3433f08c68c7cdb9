/*
 * Checks that dependencies go one way, and that the check itself works: it must have looked at modules, and it must
 * find the fixtures that break rules on purpose.
 */
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Rules that the fixture breaks on purpose. */
const BROKEN = ['core-alone', 'store', 'policy', 'constructs'];

const options = await extractOptions(`${ROOT}.dependency-cruiser.mjs`);
const tsConfig = extractTsConfig(`${ROOT}tsconfig.json`);

async function look(baseDir: string, folders: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(folders, { ...options, baseDir }, undefined, { tsConfig });
  if (typeof output === 'string')
    throw new Error('expected dependency-cruiser to give its result as an object');
  return output;
}

const failures: string[] = [];
const project = await look(ROOT, ['lib', 'functions', 'cdk']);
const own = project.modules.filter(({ source }) => /^(lib|functions|cdk)\//.test(source)).length;
const edges = project.modules.flatMap(({ dependencies }) => dependencies).length;
if (own === 0 || edges === 0)
  failures.push(`looked at ${own} modules and ${edges} dependencies: the check sees nothing`);
for (const { rule, from, to } of project.summary.violations) failures.push(`${rule.name}: ${from} → ${to}`);

const fixture = await look(`${ROOT}test/layers/fixture`, ['lib', 'cdk']);
const found = new Set(fixture.summary.violations.map(({ rule }) => rule.name));
for (const rule of BROKEN) {
  if (!found.has(rule))
    failures.push(
      `the fixture that breaks the rule "${rule}" on purpose was not found: the check finds nothing`,
    );
}

for (const failure of failures) console.error(`layers: ${failure}`);
console.log(
  `layers: ${own} modules, ${edges} dependencies, ${failures.length} violations; ${BROKEN.length} broken fixtures were found`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
