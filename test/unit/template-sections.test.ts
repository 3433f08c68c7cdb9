import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkTemplate } from '../../lib/local/template/check.ts';
import { readModel } from '../../lib/local/template/model.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { ATTRIBUTES, SECTIONS } from '../../lib/local/template/sections.ts';

const sourceOf = (module: string, file: string): string =>
  readFileSync(fileURLToPath(new URL(file, import.meta.resolve(module))), 'utf8');
const include = sourceOf('aws-cdk-lib/cloudformation-include', 'lib/cfn-include.js');
const pseudo = sourceOf('aws-cdk-lib/core', 'lib/cfn-pseudo.js');

const queue = { Type: 'AWS::SQS::Queue' };
const FILE = 'app.template.json';
const check = (template: object) => checkTemplate(template, FILE);

describe('a section of a template', () => {
  it.each(['Parameters', 'Conditions', 'Mappings', 'Outputs', 'Resources', 'Rules', 'Hooks', 'Metadata'])(
    'that the CDK reads is known: %s',
    (section) => {
      expect(include).toContain(`"${section}"`);
      expect(SECTIONS[section]).toMatch(/^(read|unnoticed: \w.*)$/);
      expect(() => check({ Resources: { queue }, [section]: { queue } })).not.toThrow();
    },
  );

  it('that CloudFormation does not know is refused, as there', () => {
    expect(() => check({ Resources: {}, Globals: {} })).toThrow(
      /^Globals: expected one of AWSTemplateFormatVersion, .*Transform, as AWS does; leave it out of app/,
    );
  });
});

describe('an attribute of a resource', () => {
  const attributes = JSON.parse(/\["Condition","DependsOn"[^\]]*\]/.exec(include)?.[0] ?? '[]') as string[];

  it.each(attributes)('that the CDK writes is known: %s', (attribute) => {
    expect(ATTRIBUTES[attribute]).toMatch(/^(read|unnoticed: \w.*)$/);
  });

  it('are eleven', () => expect(attributes).toHaveLength(Object.keys(ATTRIBUTES).length));

  it('that CloudFormation does not know is refused, as there', () => {
    expect(() => check({ Resources: { Queue: { ...queue, Depends: 'Other' } } })).toThrow(
      /^Queue\.Depends: expected one of Condition, /,
    );
  });
});

describe('a transform', () => {
  it.each([
    'AWS::LanguageExtensions',
    ['AWS::LanguageExtensions', 'AWS::CodeDeployBlueGreen'],
    'AWS::SecretsManager-2020-07-23',
    'AWS::SecretsManager-2024-09-16',
  ])('that changes nothing which runs is taken: %j', (Transform) => {
    expect(() => check({ Transform, Resources: {} })).not.toThrow();
  });

  it.each([
    [{ Transform: 'AWS::Serverless-2016-10-31', Resources: {} }, /^app.* is a template of SAM/],
    [{ Transform: ['Own'], Resources: {} }, /^app\S+ uses the transform "Own", which AWS runs/],
    [{ Transform: { Name: 'AWS::Include' }, Resources: {} }, /uses the transform {"Name":"AWS::Include"}/],
    [
      { Resources: { 'Fn::ForEach::Topics': [] } },
      /^Resources\.Fn::ForEach::Topics of app\S+ is a transform/,
    ],
    [{ Resources: {}, Outputs: { 'Fn::ForEach::A': [] } }, /^Outputs\.Fn::ForEach::A of/],
    [{ Resources: {}, Mappings: { 'Fn::Transform': {} } }, /^Mappings\.Fn::Transform of/],
    [{ 'Fn::Transform': {}, Resources: {} }, /^Fn::Transform of/],
    [{ Resources: { Queue: { ...queue, 'Fn::Transform': {} } } }, /^Queue\.Fn::Transform of/],
    [
      { Resources: { Queue: { ...queue, Properties: { 'Fn::ForEach::A': [] } } } },
      /^Queue\.Properties\.Fn::ForEach::A of app\S+ is a transform, which AWS runs when it deploys; give the template without it/,
    ],
  ])('that AWS runs when it deploys is refused, wherever it stands: %j', (template, reason) => {
    expect(() => check(template)).toThrow(reason);
  });

  it.each([{ 'Fn::ForEach::A': [], b: 1 }, { a: 1, 'Fn::Transform': {} }, { 'Fn::Transform': {} }])(
    'is refused inside of a property: %j',
    (Variables) => {
      expect(() => environmentOf(Variables)).toThrow(
        /^Fn\.Environment: the template uses Fn::(ForEach::A|Transform), /,
      );
    },
  );
});

/** The environment of a function with these variables. */
function environmentOf(Variables: object, more: object = {}): Record<string, string> {
  const Fn = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { ZipFile: 'x' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Environment: { Variables },
    },
  };
  const template = check({ Resources: { Fn }, ...more });
  const stack = { stackName: 'app', template, assetFolder: () => undefined };
  const model = readModel([stack], createReader(stack, 'eu-west-1', { account: '111122223333' }));
  const [fn] = model.functions;
  return fn ? model.environmentOf(fn, new Map()) : {};
}

describe('a pseudo parameter', () => {
  const names = [...new Set(pseudo.match(/AWS::\w+/g))];

  it('is known where the CDK knows it', () => {
    expect(names).toHaveLength(8);
    const given = Object.fromEntries(
      names.map((name) => [name.slice('AWS::'.length), { 'Fn::ToJsonString': { value: { Ref: name } } }]),
    );
    expect(environmentOf(given)).toEqual({
      AccountId: '{"value":"111122223333"}',
      NoValue: '{}',
      NotificationARNs: '{"value":[]}',
      Partition: '{"value":"aws"}',
      Region: '{"value":"eu-west-1"}',
      StackId: '{"value":"arn:aws:cloudformation:eu-west-1:111122223333:stack/app/local"}',
      StackName: '{"value":"app"}',
      URLSuffix: '{"value":"amazonaws.com"}',
    });
  });

  it('is refused where it is not known', () => {
    expect(() => environmentOf({ A: { Ref: 'AWS::Planet' } })).toThrow(
      /^Fn\.Environment: the template uses AWS::Planet, /,
    );
  });
});

describe('an output', () => {
  it('whose condition does not hold exports nothing, as on AWS', () => {
    const Outputs = { Name: { Value: 'x', Condition: 'No', Export: { Name: 'shared' } } };
    const more = { Conditions: { No: { 'Fn::Equals': ['a', 'b'] } }, Outputs };
    expect(() => environmentOf({ A: { 'Fn::ImportValue': 'shared' } }, more)).toThrow(
      /no stack of this run exports/,
    );
  });
});
