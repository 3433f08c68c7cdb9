import type { Address, ConformanceApp, Template, TemplateResource } from './case.ts';

/** The table in which functions write down what they were called with. */
const RECORDS = 'Records';
/** The output with the address of the driver. */
export const DRIVER = 'Driver';
/** The folder of code that all functions have in common. */
export const SHARED_CODE = 'handlers';

export const getAtt = (id: string, name = 'Arn'): object => ({ 'Fn::GetAtt': [id, name] });
export const ref = (id: string): object => ({ Ref: id });

export interface FunctionProps {
  /** `file.export`, where `file` is a key of the app's code. */
  readonly handler: string;
  /** Default: `nodejs24.x`. */
  readonly runtime?: string;
  /** Seconds. Default 10. */
  readonly timeout?: number;
  readonly environment?: Readonly<Record<string, unknown>>;
  /** Further properties. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A function whose code the target adds, with the right to do all that a case may want, and the table of records. */
export function fn({
  handler,
  runtime = 'nodejs24.x',
  timeout = 10,
  environment = {},
  more = {},
}: FunctionProps): TemplateResource {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      ...{ Runtime: runtime, Handler: handler, Timeout: timeout, MemorySize: 256, Role: getAtt('Role') },
      Environment: { Variables: { RECORDS_TABLE: ref(RECORDS), ...environment } },
      ...more,
    },
  };
}

/** A function URL that everybody may call, and the permission that says so. */
export function openUrl(
  functionId: string,
  properties: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, TemplateResource>> {
  return {
    [`${functionId}Url`]: {
      Type: 'AWS::Lambda::Url',
      Properties: { TargetFunctionArn: getAtt(functionId), AuthType: 'NONE', ...properties },
    },
    [`${functionId}UrlPermission`]: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        ...{ Action: 'lambda:InvokeFunctionUrl', FunctionName: getAtt(functionId), Principal: '*' },
        FunctionUrlAuthType: 'NONE',
      },
    },
  };
}

/** Lets a service call a function. */
export const permission = (functionId: string, service: string): TemplateResource => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    ...{ Action: 'lambda:InvokeFunction', FunctionName: getAtt(functionId) },
    Principal: `${service}.amazonaws.com`,
  },
});

/** A table whose key is `pk` and `sk`. */
export const tableWith = (properties: Readonly<Record<string, unknown>> = {}): TemplateResource => ({
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    ...properties,
  },
});

const ROLE: TemplateResource = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: ['lambda.amazonaws.com', 'scheduler.amazonaws.com', 'events.amazonaws.com'] },
        },
      ],
    },
    Policies: [
      {
        PolicyName: 'All',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['dynamodb:*', 'events:*', 'lambda:*', 'sns:*', 'sqs:*', 'logs:*'],
              Resource: '*',
            },
          ],
        },
      },
    ],
  },
};

/** The address as CloudFormation has it on AWS. */
const addressOf = (address: Address): unknown =>
  'functionUrl' in address
    ? getAtt(address.functionUrl, 'FunctionUrl')
    : {
        'Fn::Sub': `https://\${${address.api}}.execute-api.\${AWS::Region}.amazonaws.com${address.stage ? `/${address.stage}` : ''}`,
      };

/** The addresses of an app and of its driver, by the name of the output. */
export const addressesOf = ({ addresses }: ConformanceApp): Readonly<Record<string, Address>> => ({
  [DRIVER]: { functionUrl: 'DriverUrl' },
  ...addresses,
});

/** The template of an app: with a driver, a role and a table of records. Functions without code of their own have the code of all. */
export async function templateOf(
  app: ConformanceApp,
  timeScale: number,
  codeOf: (folder: string) => unknown,
): Promise<Template> {
  const { resources, driver = {} } = app;
  const all: Record<string, TemplateResource> = {
    ...{ Role: ROLE, [RECORDS]: tableWith() },
    Driver: fn({ handler: 'driver.handler', timeout: 60, environment: driver }),
    ...openUrl('Driver'),
    ...(typeof resources === 'function' ? await resources(timeScale) : resources),
  };
  for (const [id, resource] of Object.entries(all)) {
    if (resource.Type !== 'AWS::Lambda::Function') continue;
    const { Code = SHARED_CODE, ...others } = resource.Properties ?? {};
    all[id] = { ...resource, Properties: { ...others, Code: codeOf(String(Code)) } };
  }
  const outputs = Object.entries(addressesOf(app)).map(([name, address]) => [
    name,
    { Value: addressOf(address) },
  ]);
  return { Resources: all, Outputs: Object.fromEntries(outputs) };
}
