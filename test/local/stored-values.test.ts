import { describe, expect, it } from 'vitest';
import { startStoredValuesApi } from '../../lib/local/stored-values-api.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { readStoredValues } from '../../lib/local/template/stored-values.ts';
import { atEndOfFile } from '../support/ends.ts';

const Resources = {
  Url: {
    Type: 'AWS::SSM::Parameter',
    Properties: { Name: '/orders/url', Type: 'String', Value: { 'Fn::Sub': 'at-${AWS::Region}' } },
  },
  Deep: {
    Type: 'AWS::SSM::Parameter',
    Properties: { Name: '/orders/deep/x', Type: 'StringList', Value: 'a,b' },
  },
  Given: {
    Type: 'AWS::SSM::Parameter',
    Properties: { Name: '/orders/given', Type: 'String', Value: 'of the template' },
  },
  Own: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'own', SecretString: 'plain' } },
  Generated: { Type: 'AWS::SecretsManager::Secret', Properties: { GenerateSecretString: {} } },
};
const values = new Map([
  ['/orders/given', 'of the file'],
  ['prod/db', '{"password":"x"}'],
]);

const reader = createReader(
  { stackName: 'app', template: { Resources }, assetFolder: () => undefined },
  'eu-west-1',
  { values },
);
const starting = startStoredValuesApi(readStoredValues(reader, values));
atEndOfFile(async () => (await starting).close());

async function call(target: string, input: unknown, headers: Record<string, string> = {}) {
  const { port } = await starting;
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1', ...headers },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const ARN = 'arn:aws:ssm:eu-west-1:000000000000:parameter/orders/url';

describe('SSM on this machine', () => {
  it.each([['/orders/url'], [ARN], ['/orders/url:1'], ['/orders/url:label']])(
    'has the parameters of the app, by %s',
    async (Name) => {
      expect(await call('AmazonSSM.GetParameter', { Name, WithDecryption: true })).toEqual({
        status: 200,
        body: {
          Parameter: {
            ...{
              Name: '/orders/url',
              ARN,
              Type: 'String',
              Value: 'at-eu-west-1',
              Version: 1,
              DataType: 'text',
            },
            LastModifiedDate: expect.any(Number),
          },
        },
      });
    },
  );

  it('has those of the user, which win', async () => {
    const { body } = await call('AmazonSSM.GetParameters', { Names: ['/orders/given', '/none', 'prod/db'] });
    const { Parameters, InvalidParameters } = body as {
      Parameters: { Value: string }[];
      InvalidParameters: string[];
    };
    expect(Parameters.map(({ Value }) => Value)).toEqual(['of the file', '{"password":"x"}']);
    expect(InvalidParameters).toEqual(['/none']);
  });

  it.each([
    [{ Path: '/orders' }, ['/orders/url', '/orders/given']],
    [{ Path: '/orders/', Recursive: true }, ['/orders/url', '/orders/deep/x', '/orders/given']],
    [{ Path: '/ord' }, []],
  ])('lists what lies under a path: %j', async (input, names) => {
    const { body } = await call('AmazonSSM.GetParametersByPath', input);
    expect((body['Parameters'] as { Name: string }[]).map(({ Name }) => Name)).toEqual(names);
  });
});

describe('Secrets Manager on this machine', () => {
  const secretArn = (name: string) => `arn:aws:secretsmanager:eu-west-1:000000000000:secret:${name}`;
  it.each([
    ['own', 'own', 'plain'],
    [secretArn('own'), 'own', 'plain'],
    [secretArn('prod/db-AbC123'), 'prod/db', '{"password":"x"}'],
  ])('has the secrets of the app and of the user, by %s', async (SecretId, name, text) => {
    const { body } = await call('secretsmanager.GetSecretValue', { SecretId });
    expect(body).toMatchObject({
      Name: name,
      ARN: secretArn(name),
      SecretString: text,
      VersionStages: ['AWSCURRENT'],
    });
  });
});

describe('both', () => {
  it.each([
    ['AmazonSSM.GetParameter', { Name: '/none' }, 'ParameterNotFound'],
    ['secretsmanager.GetSecretValue', { SecretId: 'none' }, 'ResourceNotFoundException'],
    ['secretsmanager.GetSecretValue', { SecretId: 'app-Generated' }, 'ResourceNotFoundException'],
    ['AmazonSSM.PutParameter', {}, 'UnknownOperationException'],
    ['AmazonSSM.GetParameter', 'no json', 'SerializationException'],
    ['AmazonSSM.GetParameter', 'null', 'SerializationException'],
  ])('refuse as AWS does what is not there: %s %j', async (target, input, type) => {
    expect(await call(target, input)).toMatchObject({ status: 400, body: { __type: type } });
  });

  it('answer no page of another site', async () => {
    const { status } = await call(
      'AmazonSSM.GetParameter',
      { Name: '/orders/url' },
      { origin: 'https://example.com' },
    );
    expect(status).toBe(403);
  });

  it('are read, so that their properties count as honoured', () => {
    expect([...reader.remarks().notHonoured]).toEqual([
      ['AWS::SecretsManager::Secret', ['GenerateSecretString']],
    ]);
  });
});
