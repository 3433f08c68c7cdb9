import { readFileSync } from 'node:fs';
import { FibrinError } from '../../core/errors.ts';
import type { Template } from '../../local/template/assembly.ts';

function readJson(file: string, fix: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new FibrinError('NO_FILE', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // The message says the same of it.
  }
  throw new FibrinError('BAD_FILE', `${file} is not a JSON object; ${fix}`);
}

/** @throws {FibrinError} where it is no template in JSON. */
export function readTemplate(file: string): Template {
  const template = readJson(
    file,
    'name a template that the CDK has synthesized, in cdk.out; SAM templates in YAML are not read',
  );
  if (typeof template['Resources'] === 'object' && template['Resources'] !== null)
    return template as unknown as Template;
  throw new FibrinError('BAD_FILE', `${file} has no Resources, so it is no template of CloudFormation`);
}

interface DeployedResource {
  readonly LogicalResourceId?: string;
  readonly PhysicalResourceId?: string;
  readonly StackId?: string;
}

/**
 * What references stand for in a deployed stack: physical ids, and the pseudo parameters that the stack's own id tells.
 * @throws {FibrinError} where it is not the answer of `aws cloudformation describe-stack-resources`.
 */
export function readResources(file: string): ReadonlyMap<string, string> {
  const asked = 'write it with aws cloudformation describe-stack-resources --stack-name NAME --output json';
  const { StackResources: resources } = readJson(file, asked);
  if (!Array.isArray(resources)) throw new FibrinError('BAD_FILE', `${file} has no StackResources; ${asked}`);
  const known = new Map<string, string>();
  for (const { LogicalResourceId, PhysicalResourceId, StackId = '' } of resources as DeployedResource[]) {
    if (LogicalResourceId && PhysicalResourceId) known.set(LogicalResourceId, PhysicalResourceId);
    const [, partition, , region, account, stack = ''] = StackId.split(':');
    if (!partition || !region || !account) continue;
    known.set('AWS::Partition', partition);
    known.set('AWS::Region', region);
    known.set('AWS::AccountId', account);
    known.set('AWS::StackId', StackId);
    known.set('AWS::StackName', stack.split('/')[1] ?? '');
  }
  return known;
}
