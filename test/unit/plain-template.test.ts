import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlainTemplate } from '../../lib/local/template/plain.ts';
import { temporaryFolder } from '../support/folders.ts';

const YAML = `AWSTemplateFormatVersion: 2010-09-09
Description: |
  Orders
Parameters:
  Stage: { Type: String, Default: test }
Conditions:
  IsTest: !Equals [!Ref Stage, test]
  Both: !And [!Condition IsTest, !Not [!Condition IsTest]]
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      Code: ./dist
      Environment:
        Variables:
          ACCOUNT: "000123456789"
          ARN: !GetAtt Queue.Arn
          LIST: !GetAtt [Queue, Arn]
          NAME: !Sub "\${Stage}-\${AWS::Region}"
          MAPPED: !Sub ["\${A}", { A: !Ref Stage }]
          JOINED: !Join
            - "-"
            - - a
              - !If [IsTest, !Ref Stage, !Ref AWS::NoValue]
  Layer:
    Type: AWS::Lambda::LayerVersion
    Properties: { Content: layer.zip }
  Queue:
    Type: AWS::SQS::Queue
`;

const file = (content: string, name = 'orders.template.yaml'): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
};

describe('a plain template', () => {
  it('may be YAML with short forms', async () => {
    const path = file(YAML);
    const { stacks } = await readPlainTemplate(path);
    const [stack] = stacks;
    expect(stack?.stackName).toBe('orders');
    expect(stack?.template.Conditions).toEqual({
      IsTest: { 'Fn::Equals': [{ Ref: 'Stage' }, 'test'] },
      Both: { 'Fn::And': [{ Condition: 'IsTest' }, { 'Fn::Not': [{ Condition: 'IsTest' }] }] },
    });
    const folder = join(path, '..', 'dist');
    expect(stack?.template.Resources['Fn']?.Properties).toEqual({
      ...{ Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { S3Key: folder } },
      Environment: {
        Variables: {
          ACCOUNT: '000123456789',
          ARN: { 'Fn::GetAtt': 'Queue.Arn' },
          LIST: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          NAME: { 'Fn::Sub': '${Stage}-${AWS::Region}' },
          MAPPED: { 'Fn::Sub': ['${A}', { A: { Ref: 'Stage' } }] },
          JOINED: {
            'Fn::Join': ['-', ['a', { 'Fn::If': ['IsTest', { Ref: 'Stage' }, { Ref: 'AWS::NoValue' }] }]],
          },
        },
      },
    });
    expect(stack?.template.Resources['Layer']?.Properties).toEqual({
      Content: { S3Key: join(path, '..', 'layer.zip') },
    });
    expect(stack?.assetFolder(folder)).toBe(folder);
    expect(stack?.assetFolder('of-a-bucket.zip')).toBeUndefined();
  });

  it('may be JSON', async () => {
    const { stacks } = await readPlainTemplate(file('{"Resources":{}}', 'my_app.json'));
    expect(stacks.map(({ stackName, template }) => [stackName, template])).toEqual([
      ['my-app', { Resources: {} }],
    ]);
  });

  it.each([
    ['Transform: AWS::Serverless-2016-10-31\nResources: {}', /is a template of SAM .*run it with sam local/],
    ['Transform: [Own, AWS::Serverless-2016-10-31]\nResources: {}', /is a template of SAM/],
    [
      'Transform: AWS::Include\nResources: {}',
      /uses the transform "AWS::Include", which AWS runs when it deploys/,
    ],
    ['{"Resources":', /cannot be read as JSON/],
    ['a: [', /cannot be read as YAML/],
    ['just text', /the template: expected an object, got "just text"/],
    ['', /the template: expected an object, got null/],
    ['Resources: { Fn: null }', /Fn: expected a resource, got null/],
  ])('is refused in one sentence: %j', async (content, reason) => {
    await expect(readPlainTemplate(file(content))).rejects.toThrow(reason);
  });

  it('is refused where there is none', async () => {
    await expect(readPlainTemplate('/nowhere/t.yaml')).rejects.toThrow(
      '/nowhere/t.yaml cannot be read (ENOENT); see --template',
    );
  });
});
