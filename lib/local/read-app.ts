import { resolve } from 'node:path';
import { readEnvFile } from './env-file.ts';
import type { Log } from './log.ts';
import { LocalRunError } from './problem.ts';
import { printChoice, printClasses, printLeftOut } from './report.ts';
import { synthesize } from './synth.ts';
import { type MissingContext, readAssembly, type StackGroup } from './template/assembly.ts';
import { type AppModel, type ClassCount, readClasses, readModel } from './template/model.ts';
import { readPlainTemplate } from './template/plain.ts';
import { ACCOUNT, createReader, type TemplateReader } from './template/reader.ts';
import { chooseStacks } from './template/stacks.ts';

export interface AppOptions {
  /** The folder with `cdk.json`. */
  readonly project: string;
  readonly fresh: boolean;
  /** A template of CloudFormation to run in place of the project's app. */
  readonly template?: string | undefined;
  /** Which stacks run, as the CDK's command selects them. Default: all. */
  readonly stacks?: readonly string[] | undefined;
  /** Resource types and logical ids that are left out. */
  readonly without?: readonly string[] | undefined;
  /** A file with the values of SSM parameters, secrets and parameters of the template. */
  readonly envFile?: string | undefined;
}

export interface App {
  readonly model: AppModel;
  readonly classes: readonly ClassCount[];
  readonly reader: TemplateReader;
  readonly region: string;
}

/** Where a stack is deployed that does not say it: the same that the app reads in `CDK_DEFAULT_REGION` and `_ACCOUNT`. */
function defaultPlace(env: NodeJS.ProcessEnv): { readonly region: string; readonly account: string } {
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? env['CDK_DEFAULT_REGION'] ?? 'us-east-1';
  return { region, account: env['CDK_DEFAULT_ACCOUNT'] ?? ACCOUNT };
}

/** Lookups of what functions do not notice: their code runs in this machine's network. */
const WITHOUT_EFFECT = new Set([
  'ami',
  'availability-zones',
  'hosted-zone',
  'key-provider',
  'load-balancer',
  'load-balancer-listener',
  'security-group',
  'vpc-provider',
]);

function checkLookups(groups: readonly StackGroup[]): void {
  const wanted = groups
    .flatMap(({ missing }) => missing)
    .filter(({ provider }: MissingContext) => !WITHOUT_EFFECT.has(provider));
  if (wanted.length === 0) return;
  throw new LocalRunError(
    `the app looks up in AWS: ${wanted.map(({ key }) => key).join(', ')}; write the values into cdk.context.json, or let \`npx --no-install cdk synth\` do so once with credentials`,
  );
}

async function readGroups(
  options: AppOptions,
  log: Log,
  signal: AbortSignal,
): Promise<readonly StackGroup[]> {
  const { project, fresh, template } = options;
  if (template !== undefined) return [await readPlainTemplate(resolve(project, template))];
  log.say('synthesizing …');
  const { folder, cached } = await synthesize({ project, fresh, place: defaultPlace(process.env), signal });
  log.say(cached ? 'unchanged since the last synthesis' : 'synthesized');
  return readAssembly(folder);
}

/**
 * Reads what the local run serves: the app of the project, or a template. Says which stacks that are and what becomes of each
 * type.
 * @throws {LocalRunError} for an app that cannot be served.
 */
export async function readApp(options: AppOptions, log: Log, signal: AbortSignal): Promise<App> {
  const { project, envFile, without = [], stacks: patterns = [] } = options;
  const groups = await readGroups(options, log, signal);
  const choice = chooseStacks(groups, patterns, defaultPlace(process.env));
  checkLookups(groups.filter((group) => group.stacks.some((stack) => choice.stacks.includes(stack))));
  printChoice(choice, log);
  const { stacks, region, account } = choice;
  const values = envFile === undefined ? new Map<string, string>() : readEnvFile(resolve(project, envFile));
  const reader = createReader(stacks, region, { account, without, values });
  const classes = readClasses(reader);
  printLeftOut(reader.leftOut, without, log);
  printClasses(classes, log);
  return { model: readModel(stacks, reader), classes, reader, region };
}
