import { type SignedRequest, sendSigned } from './signed.ts';

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
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

/** What CloudFormation has made for a stack. */
export async function resourcesOf(endpoint: URL, StackName: string): Promise<readonly StackResource[]> {
  const xml = await cloudFormation(endpoint, { Action: 'DescribeStackResources', StackName });
  return [...xml.matchAll(/<member>(.*?)<\/member>/gs)].map(([, member = '']) => ({
    logicalId: textOf(member, 'LogicalResourceId'),
    physicalId: textOf(member, 'PhysicalResourceId'),
    type: textOf(member, 'ResourceType'),
  }));
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
