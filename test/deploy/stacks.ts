import { type SignedRequest, sendSigned } from './signed.ts';

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
}

const textOf = (xml: string, tag: string): string =>
  new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? '';

async function ask(asked: SignedRequest): Promise<string> {
  const { status, text } = await sendSigned(asked);
  if (status !== 200) throw new Error(`${asked.service} answered ${status}: ${text.slice(0, 500)}`);
  return text;
}

const cloudFormation = (endpoint: URL, query: Readonly<Record<string, string>>): Promise<string> =>
  ask({ endpoint, service: 'cloudformation', query: { ...query, Version: '2010-05-15' } });

const resourcesIn = (xml: string): readonly StackResource[] =>
  [...xml.matchAll(/<member>(.*?)<\/member>/gs)].map(([, member = '']) => ({
    logicalId: textOf(member, 'LogicalResourceId'),
    physicalId: textOf(member, 'PhysicalResourceId'),
    type: textOf(member, 'ResourceType'),
    status: textOf(member, 'ResourceStatus'),
  }));

/** What CloudFormation has made for a stack. */
export const resourcesOf = async (endpoint: URL, StackName: string): Promise<readonly StackResource[]> =>
  resourcesIn(await cloudFormation(endpoint, { Action: 'DescribeStackResources', StackName }));

/** What happened to the resources of a stack, the last of it first. The stack is one of them. */
export const eventsOf = async (endpoint: URL, StackName: string): Promise<readonly StackResource[]> =>
  resourcesIn(await cloudFormation(endpoint, { Action: 'DescribeStackEvents', StackName }));

/** The changes of a change set, such as `Import Table name`, and what CloudFormation says of it. */
export async function changeSetOf(endpoint: URL, StackName: string, ChangeSetName: string) {
  const xml = await cloudFormation(endpoint, { Action: 'DescribeChangeSet', StackName, ChangeSetName });
  const changes = [...xml.matchAll(/<ResourceChange>(.*?)<\/ResourceChange>/gs)].map(([, change = '']) =>
    ['Action', 'LogicalResourceId', 'PhysicalResourceId'].map((tag) => textOf(change, tag)).join(' '),
  );
  return { changes, type: textOf(xml, 'ChangeSetType'), reason: textOf(xml, 'StatusReason') };
}

/** The stacks that are there, without those that were deleted. */
export async function stacksOf(endpoint: URL): Promise<readonly string[]> {
  const xml = await cloudFormation(endpoint, { Action: 'DescribeStacks' });
  return [...xml.matchAll(/<StackName>([^<]*)<\/StackName>/g)].map(([, name = '']) => name);
}

const json = async (asked: SignedRequest) => JSON.parse(await ask({ ...asked, method: 'POST' })) as unknown;

/** A request to DynamoDB, in its own words. */
export const dynamoDb = (endpoint: URL, operation: string, input: unknown) =>
  json({
    ...{ endpoint, service: 'dynamodb', body: JSON.stringify(input) },
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    },
  });

/** The tables whose names begin with that of a stack. */
export async function tablesOf(endpoint: URL, stack: string): Promise<readonly string[]> {
  const answer = (await dynamoDb(endpoint, 'ListTables', {})) as { readonly TableNames: readonly string[] };
  return answer.TableNames.filter((name) => name.startsWith(`${stack}-`));
}

/** What Lambda knows of a function. */
export async function configurationOf(endpoint: URL, name: string) {
  const path = `/2015-03-31/functions/${name}/configuration`;
  return JSON.parse(await ask({ endpoint, service: 'lambda', path })) as Readonly<Record<string, unknown>>;
}

/** Invokes the alias `live` of a function and gives its result. */
export async function invoke(endpoint: URL, name: string, event: unknown): Promise<unknown> {
  const { status, headers, text } = await sendSigned({
    ...{ endpoint, service: 'lambda', method: 'POST', body: JSON.stringify(event) },
    ...{ path: `/2015-03-31/functions/${name}/invocations`, query: { Qualifier: 'live' } },
  });
  if (status !== 200 || headers['x-amz-function-error'] !== undefined)
    throw new Error(`${name} answered ${status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as unknown;
}

/** The URL of a function's alias: its id is all that the emulator looks at. */
export async function functionUrlIdOf(endpoint: URL, name: string, alias: string): Promise<string> {
  const text = await ask({
    ...{
      endpoint,
      service: 'lambda',
      path: `/2021-10-31/functions/${name}/url`,
      query: { Qualifier: alias },
    },
  });
  const { FunctionUrl } = JSON.parse(text) as { readonly FunctionUrl: string };
  const [id = ''] = new URL(FunctionUrl).hostname.split('.');
  return id;
}

/** The keys of a new user who may do nothing. */
export async function powerlessUser(endpoint: URL, UserName: string) {
  const iam = (Action: string) =>
    ask({ endpoint, service: 'iam', query: { Action, UserName, Version: '2010-05-08' } });
  await iam('CreateUser');
  const xml = await iam('CreateAccessKey');
  return { accessKeyId: textOf(xml, 'AccessKeyId'), secretAccessKey: textOf(xml, 'SecretAccessKey') };
}
