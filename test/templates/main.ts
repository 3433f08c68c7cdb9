/*
 * Second opinions on what is synthesized: cdk-nag, cfn-lint, SAM, and a table of who may do what: `npm run test:templates`.
 * Without Python and pip, cfn-lint and SAM are left out.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSteps } from '../deploy/steps.ts';
import { stopOnSignals } from '../support/on-signals.ts';
import { pythonPrograms } from '../support/python.ts';
import { said, succeeded } from './commands.ts';
import { findingsOf } from './nag-report.ts';
import { allRights, rightsTable, type Template, unexplained } from './rights.ts';
import { notFound, samOf } from './sam.ts';
import { buildExample } from './sam-example.ts';

/** The stage that is looked at. */
const STAGE = 'dev';
/** The versions that all of this was tested with. */
const PYTHON_PACKAGES = ['aws-sam-cli==1.170.0', 'cfn-lint==1.58.0'];
/** Fewer resources than that, and something has not been looked at. */
const RESOURCES_FLOOR = 60;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CDK = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk');
const CLI = join(ROOT, 'lib', 'cli', 'main.ts');
const NAG = fileURLToPath(new URL('./nag.ts', import.meta.url));
const TABLE = join(ROOT, 'docs', 'resilience-table.template.json');

const folder = mkdtempSync(join(tmpdir(), 'fibrin-templates-'));
const stopping = new AbortController();
const { signal } = stopping;
const { step } = startSteps((line) => console.log(line));
const options = { cwd: ROOT, env: process.env, signal };
const problems: string[] = [];

/** Says how many problems there are, and keeps them. */
const count = (found: readonly string[]): string => {
  problems.push(...found);
  return found.length === 0 ? 'nothing wrong' : `${found.length} wrong`;
};

const reportIn = (assembly: string): string => join(assembly, 'validation-report.json');

async function synthesize() {
  const assembly = join(folder, 'assembly');
  const app = `"${process.execPath}" --conditions=fibrin-source --import "${NAG}" cdk/app.ts`;
  const args = ['synth', '--quiet', '--app', app, '--output', assembly, '-c', `stage=${STAGE}`];
  // It fails where there are findings too, which are told below.
  const { code, stdout, stderr } = await said(process.execPath, [CDK, ...args], options);
  if (code !== 0 && !existsSync(reportIn(assembly)))
    throw new Error(`cdk synth ended with ${code}:\n${`${stdout}${stderr}`.slice(-4_000)}`);
  const files = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
  return { assembly, templates: files.map((file) => join(assembly, file)) };
}

const read = (file: string): Template => JSON.parse(readFileSync(file, 'utf8')) as Template;

/** Writes SAM's file of variables with a name for each resource, as if all were deployed. */
async function writeEnvFile(template: string): Promise<string> {
  const { Resources } = read(template);
  const StackId = 'arn:aws:cloudformation:us-east-1:123456789012:stack/fibrin/1';
  const ids = Object.keys(Resources);
  const resources = join(folder, 'resources.json');
  const StackResources = ids.map((id) => ({
    ...{ LogicalResourceId: id, PhysicalResourceId: `deployed-${id}`, StackId },
  }));
  writeFileSync(resources, JSON.stringify({ StackResources }));
  const urls = ids.filter((id) => Resources[id]?.Type === 'AWS::Lambda::Url');
  const set = urls.flatMap((id) => ['--set', `${id}.FunctionUrl=https://deployed-${id}/`]);
  const args = ['--conditions=fibrin-source', CLI, 'env', template, '--resources', resources, ...set];
  const file = join(folder, 'env.json');
  writeFileSync(file, await succeeded(process.execPath, args, options));
  return file;
}

/** Variables that SAM hands to a function otherwise than the file says. */
async function lostVariables(template: string, sam: ReturnType<typeof samOf>): Promise<readonly string[]> {
  const file = await writeEnvFile(template);
  const wanted = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  const { functions } = await sam.read(template, file);
  return functions.flatMap(({ id, variables }) =>
    Object.entries(wanted[id] ?? { 'a line in the file': '' })
      .filter(([name, value]) => variables[name] !== value)
      .map(([name]) => `SAM does not hand ${name} to ${id}`),
  );
}

async function main(): Promise<void> {
  const { assembly, templates } = await step(
    `cdk synth of stage ${STAGE}`,
    synthesize,
    (made) => `${made.templates.length} templates`,
  );
  await step(
    'cdk-nag, AwsSolutions and Serverless',
    async () => findingsOf(JSON.parse(readFileSync(reportIn(assembly), 'utf8'))),
    (found) => count(found),
  );
  await step(
    'resources',
    async () => templates.reduce((sum, file) => sum + Object.keys(read(file).Resources).length, 0),
    (resources) =>
      `${resources}, ${count(resources < RESOURCES_FLOOR ? [`fewer than ${RESOURCES_FLOOR} resources`] : [])}`,
  );
  for (const file of [...templates, TABLE]) {
    const template = read(file);
    const rights = allRights(template);
    const wide = unexplained(rights, template).map(
      ({ who, action, resource }) => `a wildcard without a reason: ${who} may ${action} on ${resource}`,
    );
    await step(`rights of ${file.split('/').at(-1)}`, async () => wide, count);
    console.log(`\n${rightsTable(rights).join('\n')}\n`);
  }

  const python = await step('Python packages', () => pythonPrograms('templates', PYTHON_PACKAGES, signal));
  if (typeof python === 'string') {
    console.log(`skipped: cfn-lint and SAM, because ${python}`);
    return;
  }
  const sam = samOf(python, folder, signal);
  for (const file of [...templates, TABLE]) {
    const name = file.split('/').at(-1);
    await step(`cfn-lint of ${name}`, () => sam.cfnLint(file), count);
    await step(`sam validate --lint of ${name}`, () => sam.lint(file), count);
  }
  for (const file of templates) {
    await step(
      "sam local's reader",
      () => sam.read(file),
      (view) =>
        `${view.functions.length} functions, ${view.routes.length} routes, ${count(notFound(read(file), view))}`,
    );
    await step('fibrin env, as SAM takes it', () => lostVariables(file, sam), count);
  }
  await step('examples/sam', () => buildExample({ root: ROOT, folder, sam, signal }), count);
}

let ended = false;
async function stop(): Promise<void> {
  if (ended) return;
  ended = true;
  stopping.abort();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

stopOnSignals(stop);
try {
  await main();
  if (problems.length > 0) console.error(`\n${problems.map((problem) => `- ${problem}`).join('\n')}\n`);
  console.log(problems.length === 0 ? 'nothing is wrong' : `${problems.length} things are wrong`);
  process.exitCode = problems.length > 0 ? 1 : 0;
} catch (error) {
  if (!signal.aborted) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  await stop();
}
