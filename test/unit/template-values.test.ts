import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvFile } from '../../lib/local/env-file.ts';
import type { Template } from '../../lib/local/template/assembly.ts';
import { readEnvironment } from '../../lib/local/template/functions.ts';
import { createReader, type ReaderOptions } from '../../lib/local/template/reader.ts';
import { temporaryFolder } from '../support/folders.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbC123';
const FILE = `# what lies in AWS
/orders/url=https://example.com
/orders/zones=a, b
prod/db='{"user":"ada","port":5432}'
Stage=test
`;

function valuesOf(text: string): ReadonlyMap<string, string> {
  const file = join(temporaryFolder(), 'values.env');
  writeFileSync(file, text);
  return readEnvFile(file);
}

const readerOf = (variables: object, template: Partial<Template> = {}, options: ReaderOptions = {}) => {
  const Fn = { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: variables } } };
  const Resources = { ...template.Resources, Fn };
  return createReader(
    { stackName: 'app', template: { ...template, Resources }, assetFolder: () => undefined },
    'eu-west-1',
    options,
  );
};
const variable = (
  value: unknown,
  template?: Partial<Template>,
  options: ReaderOptions = { values: valuesOf(FILE) },
) => readEnvironment(readerOf({ X: value }, template, options), 'Fn')['X'];

const ssmParameter = (Default: string, Type = 'AWS::SSM::Parameter::Value<String>') => ({
  Parameters: { P: { Type, Default } },
});

describe('a value that lies in AWS', () => {
  it.each([
    ['a parameter of type SSM', { Ref: 'P' }, ssmParameter('/orders/url'), 'https://example.com'],
    [
      'a list of type SSM',
      { 'Fn::Select': [1, { Ref: 'P' }] },
      ssmParameter('/orders/zones', 'AWS::SSM::Parameter::Value<List<String>>'),
      'b',
    ],
    ['a dynamic reference to SSM', 'at {{resolve:ssm:/orders/url:3}}!', {}, 'at https://example.com!'],
    ['a secure one', '{{resolve:ssm-secure:/orders/url}}', {}, 'https://example.com'],
    ['a secret', '{{resolve:secretsmanager:prod/db}}', {}, '{"user":"ada","port":5432}'],
    ["a secret's member", '{{resolve:secretsmanager:prod/db:SecretString:user}}', {}, 'ada'],
    ["a secret's member by ARN", `{{resolve:secretsmanager:${SECRET}:SecretString:port::}}`, {}, '5432'],
    [
      'a parameter of the template',
      { Ref: 'Stage' },
      { Parameters: { Stage: { Type: 'String', Default: 'dev' } } },
      'test',
    ],
  ])("is that of the user's file: %s", (_, value, template, expected) => {
    expect(variable(value, template)).toBe(expected);
  });

  it("is the app's own where the app makes the parameter", () => {
    const Own = {
      Type: 'AWS::SSM::Parameter',
      Properties: { Name: '/own', Value: { 'Fn::Sub': '${AWS::Region}!' } },
    };
    const template = { ...ssmParameter('/own'), Resources: { Own } };
    expect(variable({ Ref: 'P' }, template, {})).toBe('eu-west-1!');
    expect(variable({ 'Fn::GetAtt': ['Own', 'Value'] }, template, {})).toBe('eu-west-1!');
    expect(variable({ Ref: 'Own' }, template, {})).toBe('/own');
  });

  it.each([
    [
      { Ref: 'P' },
      /^Fn\.Environment: .*the SSM parameter \/none, .* \/none=…, and the file with --env-file$/,
    ],
    ['{{resolve:ssm:/none}}', /^Fn\.Environment: .*the SSM parameter \/none/],
    ['{{resolve:secretsmanager:none:SecretString:x}}', /^Fn\.Environment: .*the secret none/],
    [`{{resolve:secretsmanager:${SECRET.replace('prod', 'dev')}}}`, /the secret dev\/db, .* dev\/db=…/],
    ['{{resolve:secretsmanager:prod/db:SecretString:password}}', /no JSON object with the member password$/],
    [
      '{{resolve:secretsmanager:prod/db:SecretString:constructor}}',
      /no JSON object with the member constructor$/,
    ],
    ['{{resolve:secretsmanager:prod/db:SecretBinary}}', /only SecretString is resolved/],
    ['{{resolve:other:x}}', /\{\{resolve:other:…\}\}, which the local run cannot resolve/],
  ])('is refused where the file does not have it: %j', (value, reason) => {
    expect(() => variable(value, ssmParameter('/none'))).toThrow(reason);
  });

  it('is quoted in no error', () => {
    const options = { values: new Map([['prod/db', 'a password']]) };
    const read = () => variable('{{resolve:secretsmanager:prod/db:SecretString:user}}', {}, options);
    expect(read).toThrow(/the secret prod\/db is given no JSON object/);
    expect(read).not.toThrow(/a password/);
  });

  it('comes from a file that is there', () => {
    expect(() => readEnvFile('/nowhere/values.env')).toThrow(
      '/nowhere/values.env cannot be read (ENOENT); see --env-file',
    );
  });
});

describe("the address of the app's own API", () => {
  const api = {
    Resources: { Api: { Type: 'AWS::ApiGatewayV2::Api' }, Rest: { Type: 'AWS::ApiGateway::RestApi' } },
  };
  const URL_OF = { 'Fn::Sub': 'https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/' };
  const urls = new Map([
    ['Api', 'http://127.0.0.1:4400'],
    ['Rest', 'http://127.0.0.1:4401'],
  ]);

  it.each([
    ['its URL', URL_OF, 'http://127.0.0.1:4400/'],
    ['its endpoint', { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] }, 'http://127.0.0.1:4400'],
    ['its id', { Ref: 'Api' }, 'app-Api'],
    [
      'a stage of a REST API',
      { 'Fn::Sub': 'https://${Rest}.execute-api.eu-west-1.amazonaws.com/prod/' },
      'http://127.0.0.1:4401/prod/',
    ],
    [
      'another API',
      'https://abc123.execute-api.eu-west-1.amazonaws.com/',
      'https://abc123.execute-api.eu-west-1.amazonaws.com/',
    ],
  ])('is on this machine: %s', (_, value, expected) => {
    const reader = readerOf({ X: value }, api);
    reader.setUrls(urls);
    expect(readEnvironment(reader, 'Fn')['X']).toBe(expected);
  });
});

describe('what does not run', () => {
  const Resources = {
    Key: { Type: 'AWS::KMS::Key' },
    Db: { Type: 'AWS::RDS::DBInstance' },
    Queue: { Type: 'AWS::SQS::Queue' },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { EventSourceArn: { 'Fn::Sub': '${Queue.Arn}' } },
    },
  };
  const variables = {
    KEY: { 'Fn::GetAtt': ['Key', 'Arn'] },
    HOST: { 'Fn::GetAtt': 'Db.Endpoint.Address' },
    DB: { Ref: 'Db' },
  };

  it('has made-up values, which are named', () => {
    const reader = readerOf(variables, { Resources });
    expect(readEnvironment(reader, 'Fn')).toEqual({
      KEY: 'arn:aws:kms:eu-west-1:000000000000:app-Key',
      HOST: 'app-Db-Endpoint.Address',
      DB: 'app-Db',
    });
    expect([...reader.remarks().standIns]).toEqual([
      ['Db', ['Fn.Environment']],
      ['Db.Endpoint.Address', ['Fn.Environment']],
      ['Key.Arn', ['Fn.Environment']],
    ]);
  });

  it.each([['AWS::RDS::DBInstance'], ['Db']])('is left out by type or logical id: %s', (name) => {
    const reader = readerOf(variables, { Resources }, { without: [name] });
    expect(reader.leftOut).toEqual([
      { logicalId: 'Db', type: 'AWS::RDS::DBInstance', referredBy: ['Fn.Environment'] },
    ]);
    expect(reader.resources.map(({ logicalId }) => logicalId)).toEqual(['Key', 'Queue', 'Mapping', 'Fn']);
  });

  it('may be of a type that would run', () => {
    const reader = readerOf({ Q: { Ref: 'Queue' } }, { Resources }, { without: ['Queue'] });
    expect(reader.leftOut[0]?.referredBy).toEqual(['Mapping.EventSourceArn', 'Fn.Environment']);
    expect(readEnvironment(reader, 'Fn')).toEqual({ Q: 'app-Queue' });
  });
});
