/*
 * Second opinions on what is synthesized: cdk-nag, cfn-lint, SAM, and a table of who may do what: `npm run test:templates`.
 * Without Python and pip, cfn-lint and SAM are left out.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSteps } from '../deploy/steps.ts';
import { succeeded } from '../support/commands.ts';
import { stopOnSignals } from '../support/on-signals.ts';
import { installExample, packedPackage } from '../support/packed-example.ts';
import { pythonPrograms } from '../support/python.ts';
import { findingsOf } from './nag-report.ts';
import NAG from './package.json' with { type: 'json' };
import { allRights, rightsTable, unexplained } from './rights.ts';
import { notFound, samOf } from './sam.ts';
import { buildExample } from './sam-example.ts';
import { PRELOADED, type Project, readTemplate, synthesize } from './synthesis.ts';

/** The versions that all of this was tested with. */
const PYTHON_PACKAGES = ['aws-sam-cli==1.170.0', 'cfn-lint==1.58.0'];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(ROOT, 'lib', 'cli', 'main.ts');
const TABLE = join(ROOT, 'docs', 'resilience-table.template.json');
const PROFILE: Project = {
  ...{ name: 'the profile app', folder: ROOT, app: '--conditions=fibrin-source cdk/app.ts' },
  ...{ context: { stage: 'dev' }, resourcesFloor: 60 },
};

const folder = mkdtempSync(join(tmpdir(), 'fibrin-templates-'));
const stopping = new AbortController();
const { signal } = stopping;
const { step } = startSteps((line) => console.log(line));

const problems: string[] = [];

/** Says how many problems there are, and keeps them. */
const count = (found: readonly string[]): string => {
  problems.push(...found);
  return found.length === 0 ? 'nothing wrong' : `${found.length} wrong`;
};

/** Writes SAM's file of variables with a name for each resource, as if all were deployed. */
async function writeEnvFile(template: string): Promise<string> {
  const { Resources } = readTemplate(template);
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
  writeFileSync(file, await succeeded(process.execPath, args, { cwd: ROOT, env: process.env, signal }));
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

/** Synthesizes an app, with cdk-nag's findings and its rights. Gives its templates. */
async function inspect(project: Project): Promise<readonly string[]> {
  const { name, resourcesFloor } = project;
  const { templates, report } = await step(
    `cdk synth of ${name}`,
    () => synthesize(project, join(folder, `assembly-${name.replaceAll(' ', '-')}`), signal),
    (made) => `${made.templates.length} templates`,
  );
  await step(
    'cdk-nag, AwsSolutions and Serverless, and fibrin',
    async () => findingsOf(JSON.parse(readFileSync(report, 'utf8'))),
    (found) => count(found),
  );
  await step(
    'resources',
    async () => templates.reduce((sum, file) => sum + Object.keys(readTemplate(file).Resources).length, 0),
    (resources) =>
      `${resources}, ${count(resources < resourcesFloor ? [`fewer than ${resourcesFloor} resources`] : [])}`,
  );
  for (const file of templates) await showRights(file);
  return templates;
}

async function showRights(file: string): Promise<void> {
  const template = readTemplate(file);
  const rights = allRights(template);
  const wide = unexplained(rights, template).map(
    ({ who, action, resource }) => `a wildcard without a reason: ${who} may ${action} on ${resource}`,
  );
  await step(`rights of ${basename(file)}`, async () => wide, count);
  console.log(`\n${rightsTable(rights).join('\n')}\n`);
}

/** A CDK app of a user's own, outside of this repository, with the package as npm would install it. */
async function ownApp(tarball: string): Promise<Project> {
  const { devDependencies } = NAG;
  const project = await step('examples/own-app, installed, its types', () =>
    installExample('own-app', folder, {
      ...{ tarball, signal, testPackages: devDependencies, testFiles: PRELOADED },
    }),
  );
  return { name: 'own-app', folder: project, app: 'app.ts', context: {}, resourcesFloor: 40 };
}

async function main(): Promise<void> {
  const profile = await inspect(PROFILE);
  await showRights(TABLE);
  const tarball = await step('npm pack', () => packedPackage(folder, signal));
  const apps = [...profile, ...(await inspect(await ownApp(tarball)))];

  const python = await step('Python packages', () => pythonPrograms('templates', PYTHON_PACKAGES, signal));
  if (typeof python === 'string') {
    console.log(`skipped: cfn-lint and SAM, because ${python}`);
    return;
  }
  const sam = samOf(python, folder, signal);
  for (const file of [...apps, TABLE]) {
    const name = basename(file);
    await step(`cfn-lint of ${name}`, () => sam.cfnLint(file), count);
    await step(`sam validate --lint of ${name}`, () => sam.lint(file), count);
  }
  for (const file of apps) {
    await step(
      `sam local's reader of ${basename(file)}`,
      () => sam.read(file),
      (view) =>
        `${view.functions.length} functions, ${view.routes.length} routes, ${count(notFound(readTemplate(file), view))}`,
    );
    await step('fibrin env, as SAM takes it', () => lostVariables(file, sam), count);
  }
  await step('examples/sam', () => buildExample(folder, sam, { tarball, signal }), count);
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
