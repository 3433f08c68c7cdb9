import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../lib/cli/env/arguments.ts';
import { readResources, readTemplate } from '../../lib/cli/env/files.ts';
import { environmentsOf } from '../../lib/cli/env/variables.ts';
import type { Template } from '../../lib/local/template/assembly.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runCommand } from '../support/local-run.ts';

const fn = (Variables: Record<string, unknown>, path?: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Environment: { Variables } },
  ...(path !== undefined && { Metadata: { 'aws:cdk:path': path } }),
});
const TEMPLATE: Template & { readonly Resources: object } = {
  Parameters: { Level: { Default: 'info' }, Secret: {} },
  Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
  Resources: {
    Users: { Type: 'AWS::DynamoDB::GlobalTable' },
    Named: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'orders' } },
    Url: { Type: 'AWS::Lambda::Url' },
    Read1A2B3C4D: fn(
      {
        USERS_TABLE: { Ref: 'Users' },
        ORDERS_TABLE: { Ref: 'Named' },
        DOWNSTREAM_URL: { 'Fn::GetAtt': ['Url', 'FunctionUrl'] },
        LEVEL: { Ref: 'Level' },
        LEFT_OUT: { 'Fn::If': ['Never', 'x', { Ref: 'AWS::NoValue' }] },
        LIMIT: 7,
      },
      'shop/Read/Function/Resource',
    ),
    Plain: fn({}),
  },
};
const environments = (known: Record<string, string> = {}, overrides: Record<string, string> = {}) =>
  environmentsOf(TEMPLATE, new Map(Object.entries(known)), new Map(Object.entries(overrides)));
const templateWith = (Variables: Record<string, unknown>): Template => ({ Resources: { Fn: fn(Variables) } });

describe('the variables of fibrin env', () => {
  test('are plain values under the logical id, with a name for people', () => {
    const { functions, missing } = environments({ Users: 'users-1', 'Url.FunctionUrl': 'https://x' });

    expect(missing).toEqual([]);
    expect(functions).toEqual([
      {
        logicalId: 'Read1A2B3C4D',
        displayName: 'Read',
        variables: {
          ...{ USERS_TABLE: 'users-1', ORDERS_TABLE: 'orders', DOWNSTREAM_URL: 'https://x' },
          ...{ LEVEL: 'info', LIMIT: '7' },
        },
      },
      { logicalId: 'Plain', displayName: 'Plain', variables: {} },
    ]);
  });

  test('say what they lack, all at once', () => {
    expect(environments().missing).toEqual([
      { function: 'Read1A2B3C4D', variable: 'USERS_TABLE', references: ['Users'] },
      { function: 'Read1A2B3C4D', variable: 'DOWNSTREAM_URL', references: ['Url.FunctionUrl'] },
    ]);
  });

  test('take what is given for a variable, whatever the template says of it', () => {
    const { functions, missing } = environments(
      { Users: 'users-1' },
      { DOWNSTREAM_URL: 'http://here', LEVEL: 'debug' },
    );

    expect(missing).toEqual([]);
    expect(functions[0]?.variables).toMatchObject({ DOWNSTREAM_URL: 'http://here', LEVEL: 'debug' });
  });

  test('lack a parameter without a default, and take a given one rather than the default', () => {
    const template = { ...TEMPLATE, ...templateWith({ A: { Ref: 'Secret' }, B: { Ref: 'Level' } }) };
    expect(environmentsOf(template, new Map(), new Map()).missing).toEqual([
      { function: 'Fn', variable: 'A', references: ['Secret'] },
    ]);
    const known = new Map([
      ['Secret', 's'],
      ['Level', 'debug'],
    ]);
    expect(environmentsOf(template, known, new Map()).functions[0]?.variables).toEqual({
      A: 's',
      B: 'debug',
    });
  });

  test('lack the account and region of a text that is put together, and what cannot be worked out at all', () => {
    const template = templateWith({
      ARN: { 'Fn::Sub': 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q' },
      IMPORTED: { 'Fn::ImportValue': 'other' },
    });

    expect(environmentsOf(template, new Map(), new Map()).missing).toEqual([
      { function: 'Fn', variable: 'ARN', references: ['AWS::Region', 'AWS::AccountId'] },
      { function: 'Fn', variable: 'IMPORTED', references: [] },
    ]);
  });

  test('of a SAM function include those of the globals', () => {
    const template = {
      Globals: { Function: { Environment: { Variables: { A: '1', B: '2' } } } },
      Resources: {
        Fn: {
          Type: 'AWS::Serverless::Function',
          Properties: { Environment: { Variables: { B: '3' } } },
        },
      },
    };
    expect(environmentsOf(template, new Map(), new Map()).functions[0]?.variables).toEqual({
      A: '1',
      B: '3',
    });
  });
});

describe('the arguments of fibrin env', () => {
  test('are a template, a file of resources, and values of references and variables', () => {
    expect(
      readArguments([
        ...['t.json', '--resources', 'r.json', '--set', 'A.FunctionUrl=https://x?a=b'],
        ...['--set', 'AWS::Region=eu-west-1', '--variable', 'LEVEL='],
      ]),
    ).toEqual({
      ...{ template: 't.json', resources: 'r.json' },
      known: new Map([
        ['A.FunctionUrl', 'https://x?a=b'],
        ['AWS::Region', 'eu-west-1'],
      ]),
      variables: new Map([['LEVEL', '']]),
    });
    expect(readArguments(['--help'])).toBe('help');
  });

  test.each([
    [],
    ['a.json', 'b.json'],
    ['a.json', '--set', 'Users'],
    ['a.json', '--set', '=users'],
    ['a.json', '--variable', '1=2'],
    ['a.json', '--sideways'],
  ])('are refused where they make no sense: %s %s %s', (...args) => {
    expect(() => readArguments(args.filter((arg) => arg !== undefined))).toThrow();
  });
});

describe('the files of fibrin env', () => {
  const folder = temporaryFolder();
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const resources = JSON.stringify({
    StackResources: [
      {
        ...{ LogicalResourceId: 'Users', PhysicalResourceId: 'users-1' },
        StackId: 'arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/shop/1f2e',
      },
      { LogicalResourceId: 'Pending' },
    ],
  });

  test('tell physical ids, and the stack, its account, region and partition', () => {
    expect(readResources(file('resources.json', resources))).toEqual(
      new Map([
        ['Users', 'users-1'],
        ['AWS::Partition', 'aws-cn'],
        ['AWS::Region', 'cn-north-1'],
        ['AWS::AccountId', '123456789012'],
        ['AWS::StackId', 'arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/shop/1f2e'],
        ['AWS::StackName', 'shop'],
      ]),
    );
  });

  test('are refused with what to do where they are something else', () => {
    expect(() => readTemplate(join(folder, 'none.json'))).toThrow('none.json cannot be read (ENOENT)');
    expect(() => readTemplate(file('sam.yaml', 'Resources: {}'))).toThrow(
      'SAM templates in YAML are not read',
    );
    expect(() => readTemplate(file('list.json', '{"a":1}'))).toThrow('has no Resources');
    expect(() => readResources(file('null.json', 'null'))).toThrow('is not a JSON object');
    expect(() => readResources(file('list.json', '{"a":1}'))).toThrow('describe-stack-resources');
  });

  test('become the file of sam local on stdout, and nothing where a value is missing', async () => {
    const template = file('shop.template.json', JSON.stringify(TEMPLATE));
    const deployed = file('resources.json', resources);
    const done = await runCommand([
      ...['env', template, '--resources', deployed, '--set', 'Url.FunctionUrl=https://x'],
    ]);
    expect(done.code).toBe(0);
    expect(done.output).toContain('"USERS_TABLE": "users-1"');
    expect(done.output).toContain('Read, for SAM Read1A2B3C4D: 5 variables');

    const lacking = await runCommand(['env', template]);
    expect(lacking.code).toBe(1);
    expect(lacking.output).toBe(
      'fibrin: the template does not say what these variables are: Read1A2B3C4D.USERS_TABLE, ' +
        'Read1A2B3C4D.DOWNSTREAM_URL; give --resources, or --set Users=VALUE --set Url.FunctionUrl=VALUE\n',
    );
    const undeclared = await runCommand(['env', template, '--variable', 'AWS_ENDPOINT_URL=http://x']);
    expect(undeclared.code).toBe(1);
    expect(undeclared.output).toContain('SAM passes on only those that it has');
  });
});
