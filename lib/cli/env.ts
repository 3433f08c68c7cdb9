import { FibrinError } from '../core/errors.ts';
import { print, printError, printJson } from '../terminal/print.ts';
import { readArguments } from './env/arguments.ts';
import { readResources, readTemplate } from './env/files.ts';
import { environmentsOf, type FunctionVariables, type MissingValue } from './env/variables.ts';

export const ENV_HELP: string = `fibrin env: writes the file of variables that sam local takes

Usage: fibrin env TEMPLATE [--resources FILE] [--set ID=VALUE]... [--variable NAME=VALUE]... > env.json

  TEMPLATE            a template that the CDK has synthesized: cdk.out/NAME.template.json
  --resources FILE    what is deployed, from
                      aws cloudformation describe-stack-resources --stack-name NAME --output json > FILE
  --set ID=VALUE      what a reference of the template stands for: Users=users-table, Downstream.FunctionUrl=https://…,
                      AWS::Region=eu-central-1. Wins over --resources
  --variable NAME=VALUE  the value of a variable in each function that has it. Wins over the template
  --help              this text

sam local puts logical ids in place of table names, queue URLs and the like. With the file it gets what they are:

  sam local invoke GetProfile -t cdk.out/NAME.template.json --env-vars env.json
  sam local start-api -t cdk.out/NAME.template.json --env-vars env.json

SAM passes on only the variables that the template declares for the function. Another one, such as AWS_ENDPOINT_URL, has to be
in the template.

Exit codes: 0 done, 1 something is missing or cannot be read, 2 wrong usage. Nothing is asked of AWS.`;

const optionFor = ({ variable, references }: MissingValue): string =>
  references.length === 0
    ? `--variable ${variable}=VALUE`
    : references.map((reference) => `--set ${reference}=VALUE`).join(' ');

function missingError(missing: readonly MissingValue[]): FibrinError {
  const options = [...new Set(missing.map(optionFor))];
  const variables = [...new Set(missing.map((value) => `${value.function}.${value.variable}`))];
  return new FibrinError(
    'MISSING_VALUES',
    `the template does not say what these variables are: ${variables.join(', ')}; give --resources, or ${options.join(' ')}`,
  );
}

/** A variable that no function declares would be dropped by SAM without a word. */
function checkDeclared(
  overrides: ReadonlyMap<string, string>,
  functions: readonly FunctionVariables[],
): void {
  for (const name of overrides.keys()) {
    if (functions.some(({ variables }) => Object.hasOwn(variables, name))) continue;
    throw new FibrinError(
      'UNDECLARED_VARIABLE',
      `no function of the template has the variable ${name}, and SAM passes on only those that it has; add it to the template`,
    );
  }
}

export async function env(args: readonly string[]): Promise<number> {
  const request = readArguments(args);
  if (request === 'help') {
    print(...ENV_HELP.split('\n'));
    return 0;
  }
  const template = readTemplate(request.template);
  const deployed = request.resources === undefined ? [] : readResources(request.resources);
  const { functions, missing } = environmentsOf(
    template,
    new Map([...deployed, ...request.known]),
    request.variables,
  );
  if (functions.length === 0) throw new FibrinError('NO_FUNCTIONS', `${request.template} has no functions`);
  checkDeclared(request.variables, functions);
  if (missing.length > 0) throw missingError(missing);
  printJson(Object.fromEntries(functions.map(({ logicalId, variables }) => [logicalId, variables])));
  printError(
    ...functions.map(({ displayName, logicalId, variables }) => {
      const count = Object.keys(variables).length;
      const name = displayName === logicalId ? logicalId : `${displayName}, for SAM ${logicalId}`;
      return `${name}: ${count} variable${count === 1 ? '' : 's'}`;
    }),
  );
  return 0;
}
