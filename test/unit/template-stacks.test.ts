import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Assembly, readAssembly, type Template } from '../../lib/local/template/assembly.ts';
import { readEnvironment } from '../../lib/local/template/functions.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { chooseStacks } from '../../lib/local/template/stacks.ts';
import { temporaryFolder } from '../support/folders.ts';

const stack = (path: string, more: Partial<Assembly> = {}): Assembly => ({
  ...{ path, id: path, stackName: path.replaceAll('/', '-') },
  ...{ template: { Resources: {} }, assetFolder: () => undefined, ...more },
});
const group = (stage: string, ...stacks: readonly Assembly[]) => ({ stage, stacks, missing: [] });
const DEFAULTS = { region: 'us-east-1', account: '000000000000' };
const choose = (groups: Parameters<typeof chooseStacks>[0], ...patterns: readonly string[]) => {
  const { stacks, ...place } = chooseStacks(groups, patterns, DEFAULTS);
  return { ...place, stacks: stacks.map(({ path }) => path) };
};

describe('the stacks of a run', () => {
  it('are all of an app that has them in one place', () => {
    expect(choose([group('', stack('A'), stack('B', { region: 'us-east-1' }))])).toEqual({
      ...{ stacks: ['A', 'B'], leftOut: [], ...DEFAULTS },
    });
  });

  it('are those of the only stage', () => {
    expect(choose([group('Dev', stack('Dev/A'), stack('Dev/B'))]).stacks).toEqual(['Dev/A', 'Dev/B']);
  });

  const stages = [
    group('', stack('Pipeline')),
    group('Dev', stack('Dev/A')),
    group('Prod', stack('Prod/A'), stack('Prod/B')),
  ];
  it.each([
    [['Dev/A'], ['Dev/A']],
    [['Dev-A'], ['Dev/A']],
    [['Prod/*'], ['Prod/A', 'Prod/B']],
    [['**/A'], ['Dev/A', 'Prod/A']],
    [['*'], ['Pipeline', 'Dev/A', 'Prod/A', 'Prod/B']],
    [
      ['Pipeline', 'Dev/*'],
      ['Pipeline', 'Dev/A'],
    ],
  ])('are chosen as the CDK does: %j', (patterns, expected) => {
    expect(choose(stages, ...patterns).stacks.sort()).toEqual([...expected].sort());
  });

  it("are the user's choice where there are several stages", () => {
    expect(() => choose(stages)).toThrow(
      "the app has stacks of several stages: Pipeline, Dev/A, Prod/A, Prod/B; choose with --stack, for instance --stack 'Prod/*'",
    );
    expect(() => choose(stages, 'Test/*')).toThrow(
      'no stack is called Test/*; --stack takes one of Pipeline, Dev/A, Prod/A, Prod/B',
    );
    expect(() => choose([])).toThrow('the app has no stack');
  });

  it('come with those that they need, unless these are somewhere else', () => {
    const region = 'eu-west-1';
    const account = '111122223333';
    const site = stack('Site', { region, account, dependencies: ['Data', 'Cert'] });
    const data = stack('Data', { region, account, dependencies: ['Base'] });
    const cert = stack('Cert', { region: 'us-east-1', account });
    const app = [
      group('', site, data, cert, stack('Base', { region, account }), stack('Other', { region, account })),
    ];
    expect(choose(app, 'Site')).toEqual({
      stacks: ['Site', 'Data', 'Base'],
      leftOut: ['Cert'],
      region,
      account,
    });
    expect(() => choose(app)).toThrow(
      'one run has one account and one region; Other is in 111122223333/eu-west-1, Cert is in 111122223333/us-east-1. Choose with --stack',
    );
  });
});

const environmentFn = (variables: object) => ({
  Type: 'AWS::Lambda::Function',
  Metadata: { 'aws:cdk:path': 'Two/Fn/Resource' },
  Properties: { Environment: { Variables: variables } },
});
const two = (variables: object, more: Partial<Template> = {}, stackName = 'Two'): Assembly =>
  stack(stackName, { template: { Resources: { Fn: environmentFn(variables) as never }, ...more } });
const one = (template: Partial<Template> = {}): Assembly =>
  stack('One', {
    template: {
      Resources: { Q: { Type: 'AWS::SQS::Queue' }, T: { Type: 'AWS::DynamoDB::Table' } },
      Outputs: {
        Arn: {
          Value: { 'Fn::GetAtt': ['Q', 'Arn'] },
          Export: { Name: { 'Fn::Sub': '${AWS::StackName}:QArn' } },
        },
        Table: { Value: { Ref: 'T' } },
      },
      ...template,
    },
  });
const environmentOf = (stacks: readonly Assembly[], fn = 'Fn', urls = new Map<string, string>()) => {
  const reader = createReader(stacks, 'eu-west-1', { account: '111122223333' });
  reader.setUrls(urls);
  return readEnvironment(reader, fn);
};

describe('references between stacks', () => {
  it('have what the other stack exports or puts out', () => {
    const variables = {
      A: { 'Fn::ImportValue': 'One:QArn' },
      B: { 'Fn::ImportValue': { 'Fn::Sub': '${Other}:QArn' } },
      C: { 'Fn::GetStackOutput': { StackName: 'One', OutputName: 'Table' } },
    };
    const parameters = { Parameters: { Other: { Type: 'String', Default: 'One' } } };
    const arn = 'arn:aws:sqs:eu-west-1:111122223333:One-Q';
    expect(environmentOf([two(variables, parameters), one()])).toEqual({ A: arn, B: arn, C: 'One-T' });
  });

  it.each([
    [
      { 'Fn::ImportValue': 'Missing' },
      /^Fn\.Environment: .*Fn::ImportValue of Missing, which no stack of this run exports/,
    ],
    [
      { 'Fn::GetStackOutput': { StackName: 'Far', OutputName: 'X' } },
      /^Fn\.Environment: .*the output X of Far/,
    ],
    [
      { 'Fn::GetStackOutput': { StackName: 'One', OutputName: 'X' } },
      /^Fn\.Environment: .*the output X of One/,
    ],
  ])('are refused where it is not there: %j', (value, reason) => {
    expect(() => environmentOf([two({ A: value }), one()])).toThrow(reason);
  });

  it('name the output that is malformed', () => {
    const broken = one({ Outputs: { Bad: { Value: { 'Fn::Sub': 5 }, Export: { Name: 'bad' } } } });
    expect(() => environmentOf([two({ A: { 'Fn::ImportValue': 'bad' } }), broken])).toThrow(
      /^Fn\.Environment: Outputs\.Bad of One: Fn::Sub is malformed/,
    );
  });

  it('tell apart what has one logical id in two stacks', () => {
    const stacks = [two({ ME: 'two' }), two({ ME: 'three' }, {}, 'Three')];
    const reader = createReader(stacks, 'eu-west-1');
    expect(
      reader
        .ofType(['AWS::Lambda::Function'], [])
        .map(({ logicalId, displayName }) => [logicalId, displayName]),
    ).toEqual([
      ['Two-Fn', 'Two/Fn'],
      ['Three-Fn', 'Three/Fn'],
    ]);
    expect(reader.nameOf('Three-Fn')).toBe('Three-Fn');
    expect(environmentOf(stacks, 'Three-Fn')).toEqual({ ME: 'three' });
  });

  it('reach into nested stacks and out of them', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'inner.json');
    const inner: Template = {
      Parameters: { Table: { Type: 'String' }, Names: { Type: 'CommaDelimitedList' } },
      Resources: {
        Inside: environmentFn({
          TABLE: { Ref: 'Table' },
          SECOND: { 'Fn::Select': [1, { Ref: 'Names' }] },
        }) as never,
      },
      Outputs: { Name: { Value: { Ref: 'Inside' } } },
    };
    writeFileSync(file, JSON.stringify(inner));
    const outer = one({
      Resources: {
        T: { Type: 'AWS::DynamoDB::Table' },
        Fn: environmentFn({ INNER: { 'Fn::GetAtt': ['Inner', 'Outputs.Name'] } }) as never,
        Inner: {
          Type: 'AWS::CloudFormation::Stack',
          Properties: {
            TemplateURL: { 'Fn::Sub': 'https://s3.${AWS::Region}.${AWS::URLSuffix}/assets/hash.json' },
            Parameters: { Table: { Ref: 'T' }, Names: 'a, b' },
          },
        },
      },
      Outputs: {},
    });
    const stacks = [{ ...outer, assetFolder: (key: string) => (key === 'hash.json' ? file : undefined) }];
    expect(environmentOf(stacks)).toEqual({ INNER: 'One-Inner-Inside' });
    expect(environmentOf(stacks, 'Inside')).toEqual({ TABLE: 'One-T', SECOND: 'b' });
    expect(() => environmentOf([outer])).toThrow(
      /^Inner\.TemplateURL: .*hash\.json is no asset.*--without Inner/,
    );
  });
});

describe('a cloud assembly', () => {
  it('has the stacks of the app and of its stages, with names, places and assets', () => {
    const folder = temporaryFolder();
    const write = (name: string, content: object) =>
      writeFileSync(join(folder, name), JSON.stringify(content));
    const stackType = 'aws:cloudformation:stack';
    mkdirSync(join(folder, 'assembly-Dev'));
    const missing = [{ key: 'ssm:x', provider: 'ssm' }];
    write('manifest.json', {
      missing,
      artifacts: {
        One: {
          type: stackType,
          environment: 'aws://unknown-account/unknown-region',
          properties: { templateFile: 'one.json' },
        },
        'One.assets': { type: 'cdk:asset-manifest', properties: { file: 'one.assets.json' } },
        'assembly-Dev': {
          type: 'cdk:cloud-assembly',
          properties: { directoryName: 'assembly-Dev', displayName: 'Dev' },
        },
      },
    });
    write('one.json', { Resources: {} });
    write('one.assets.json', {
      files: { a: { source: { path: 'asset.a' }, destinations: { d: { objectKey: 'a.zip' } } } },
    });
    write('assembly-Dev/manifest.json', {
      artifacts: {
        DevTwo: {
          ...{
            type: stackType,
            environment: 'aws://111122223333/eu-west-1',
            displayName: 'Dev/Two',
            dependencies: ['x'],
          },
          properties: { templateFile: 'two.json', stackName: 'Dev-Two' },
        },
      },
    });
    write('assembly-Dev/two.json', { Resources: {} });
    const [app, dev] = readAssembly(folder);
    expect(app).toMatchObject({ stage: '', missing, stacks: [{ stackName: 'One', path: 'One' }] });
    expect(app?.stacks[0]?.region).toBeUndefined();
    expect(app?.stacks[0]?.assetFolder('a.zip')).toBe(join(folder, 'asset.a'));
    expect(dev).toMatchObject({
      stage: 'Dev',
      stacks: [
        { ...{ stackName: 'Dev-Two', path: 'Dev/Two' }, account: '111122223333', region: 'eu-west-1' },
      ],
    });
  });
});
