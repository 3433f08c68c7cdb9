import { describe, expect, it } from 'vitest';
import type { Template } from '../../lib/local/template/assembly.ts';
import { classOf } from '../../lib/local/template/classes.ts';
import { readFunctions } from '../../lib/local/template/functions.ts';
import { createResolver } from '../../lib/local/template/intrinsics.ts';
import { createReader } from '../../lib/local/template/reader.ts';

const template: Template = {
  Resources: {},
  Parameters: { Size: { Default: 7 }, Needed: {} },
  Mappings: { ByRegion: { here: { ami: 'a-1' } } },
  Conditions: {
    Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'here'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Either: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
  },
};

const { resolve, condition } = createResolver(template, {
  pseudo: { Region: 'here', Partition: 'aws' },
  ref: (name) => (name === 'Table' ? 'table-1' : undefined),
  attribute: (name, attribute) => (name === 'Fn' ? `${name}:${attribute}` : undefined),
});

describe('the resolver', () => {
  it.each([
    ['a plain value', [1, 'a', null, { b: true }], [1, 'a', null, { b: true }]],
    ['Ref to a resource', { Ref: 'Table' }, 'table-1'],
    ['Ref to a parameter', { Ref: 'Size' }, 7],
    ['Ref to a pseudo parameter', { Ref: 'AWS::Region' }, 'here'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Fn', 'Arn'] }, 'Fn:Arn'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Fn.Outputs.X' }, 'Fn:Outputs.X'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }, { Ref: 'Size' }]] }, 'a-table-1-7'],
    ['Fn::Join of a Split', { 'Fn::Join': ['+', { 'Fn::Split': ['.', 'a.b'] }] }, 'a+b'],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', { Ref: 'Table' }]] }, 'table-1'],
    [
      'Fn::Sub',
      { 'Fn::Sub': 'arn:${AWS::Partition}:${Table}/${Fn.Arn}/${!Kept}' },
      'arn:aws:table-1/Fn:Arn/${Kept}',
    ],
    ['Fn::Sub with variables', { 'Fn::Sub': ['${X}${X}', { X: { Ref: 'Size' } }] }, '77'],
    ['Fn::If', { a: { 'Fn::If': ['Yes', 1, 2] }, b: { 'Fn::If': ['No', 1, 2] } }, { a: 1, b: 2 }],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['ByRegion', { Ref: 'AWS::Region' }, 'ami'] }, 'a-1'],
    [
      'Fn::FindInMap with a default',
      { 'Fn::FindInMap': ['ByRegion', 'there', 'ami', { DefaultValue: { Ref: 'Size' } }] },
      7,
    ],
    ['Fn::Base64', { 'Fn::Base64': { Ref: 'Table' } }, 'dGFibGUtMQ=='],
    ['Fn::Length', { 'Fn::Length': { 'Fn::Split': [',', 'a,b'] } }, 2],
    ['Fn::ToJsonString', { 'Fn::ToJsonString': { a: [{ Ref: 'Size' }] } }, '{"a":[7]}'],
    ['no value in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['no value in a list', [1, { 'Fn::If': ['No', 2, { Ref: 'AWS::NoValue' }] }], [1]],
    [
      'a property that is called Condition',
      { Condition: { StringEquals: {} } },
      { Condition: { StringEquals: {} } },
    ],
    [
      'a hostile name',
      { constructor: 1, toString: { Ref: 'Table' } },
      { constructor: 1, toString: 'table-1' },
    ],
  ])('resolves %s', (_, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it.each([
    [{ Ref: 'Nothing' }, /a reference to Nothing/],
    [{ Ref: 'Needed' }, /the parameter Needed without a default/],
    [{ Ref: 'AWS::NotificationARNs' }, /AWS::NotificationARNs/],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, /the attribute Table\.Arn/],
    [{ 'Fn::ImportValue': 'x' }, /Fn::ImportValue/],
    [{ 'Fn::If': ['Unknown', 1, 2] }, /the condition Unknown/],
    [{ 'Fn::FindInMap': ['ByRegion', 'there', 'ami'] }, /Fn::FindInMap/],
  ])('names what it cannot resolve: %j', (value, reason) => {
    expect(() => resolve(value)).toThrow(reason);
  });

  it('knows the conditions, those built of others too', () => {
    expect(['Yes', 'No', 'Both', 'Either'].map(condition)).toEqual([true, false, false, true]);
  });
});

describe('the classes', () => {
  it('refuse every type that is in no list', () => {
    expect(classOf('AWS::Lambda::Function').kind).toBe('run');
    expect(classOf('AWS::IAM::Role')).toMatchObject({
      kind: 'ignored',
      why: expect.stringMatching(/permissions/),
    });
    expect(classOf('AWS::New::Thing').kind).toBe('refused');
    expect(classOf('constructor').kind).toBe('refused');
  });
});

describe('the functions', () => {
  const concurrencyOf = (properties: object, memoryMb = 4_096) => {
    const assembly = {
      stackName: 'app',
      template: {
        Resources: {
          Provider: { Type: 'AWS::Lambda::CapacityProvider', Properties: {} },
          Fn: {
            Type: 'AWS::Lambda::Function',
            Properties: {
              ...{ Runtime: 'nodejs24.x', Handler: 'index.handler', MemorySize: memoryMb },
              ...{ Code: { S3Key: 'code.zip' }, ...properties },
            },
          },
        },
      },
      assetFolder: () => '/code',
    };
    return readFunctions(assembly, createReader(assembly, 'eu-west-1'))[0]?.maxConcurrencyPerSandbox;
  };
  const managed = (more: object) => ({
    CapacityProviderConfig: {
      LambdaManagedInstancesCapacityProviderConfig: {
        CapacityProviderArn: { 'Fn::GetAtt': ['Provider', 'Arn'] },
        ...more,
      },
    },
  });

  it.each([
    ['nothing without a capacity provider', {}, 4_096, undefined],
    ['what is said', managed({ PerExecutionEnvironmentMaxConcurrency: 10 }), 4_096, 10],
    ['64 for each virtual processor, of which one has two gigabytes', managed({}), 4_096, 128],
    ['64 for each virtual processor', managed({ ExecutionEnvironmentMemoryGiBPerVCpu: 4 }), 4_096, 64],
    ['64 for the only virtual processor', managed({ ExecutionEnvironmentMemoryGiBPerVCpu: 8 }), 2_048, 64],
  ])('take at once %s', (_, properties, memoryMb, expected) => {
    expect(concurrencyOf(properties, memoryMb)).toBe(expected);
  });
});
