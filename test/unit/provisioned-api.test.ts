import { beforeAll, describe, expect, test, vi } from 'vitest';
import { lambdaClient } from '../../functions/shared/platform-clients.ts';
import { startLambdaApi } from '../../lib/local/lambda/api.ts';
import { getProvisionedConcurrencyConfig } from '../../lib/local/lambda/provisioned-api.ts';
import type { SandboxState } from '../../lib/local/lambda/sandbox.ts';
import { readAliases } from '../../lib/local/template/aliases.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { warmCapacityCheck } from '../../lib/telemetry/warm-capacity.ts';
import { atEndOfFile } from '../support/ends.ts';

const alias = (more: object) => ({
  Type: 'AWS::Lambda::Alias',
  Properties: { FunctionName: { Ref: 'Fn' }, FunctionVersion: '1', ...more },
});

const aliasOf = readAliases(
  createReader(
    {
      stackName: 'shop',
      assetFolder: () => undefined,
      template: {
        Resources: {
          Fn: { Type: 'AWS::Lambda::Function', Properties: {} },
          Live: alias({ Name: 'live' }),
          Warm: alias({
            Name: 'warm',
            ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 3 },
          }),
        },
      },
    },
    'us-east-1',
  ),
);

let states: SandboxState[] = [];
let url = '';
beforeAll(async () => {
  const sandboxes = () => states.map((state) => ({ state }));
  const functions = new Map([['shop-Fn', { sandboxes }]]);
  const server = await startLambdaApi({
    GetProvisionedConcurrencyConfig: getProvisionedConcurrencyConfig({ functions, aliasOf }),
  });
  url = `http://127.0.0.1:${server.port}`;
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  atEndOfFile(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });
});

async function capacityOf(functionName: string, qualifier: string) {
  const client = lambdaClient((call, signal) => call(signal));
  const check = warmCapacityCheck({ client, functionName, qualifier });
  await check.run(AbortSignal.timeout(10_000));
  return check.details();
}

describe("the provisioned concurrency in the local run's Lambda", () => {
  test('is none for an alias whose template names none', async () => {
    expect(await capacityOf('shop-Fn', 'live')).toEqual({
      ...{ requested: 0, allocated: 0, available: 0, status: null },
    });
  });

  test.each<[string, SandboxState[], number]>([
    ['IN_PROGRESS', [], 0],
    ['IN_PROGRESS', ['init', 'gone', 'frozen'], 1],
    ['READY', ['busy', 'idle', 'frozen', 'frozen'], 3],
  ])('is %s with sandboxes that are %j', async (status, sandboxes, available) => {
    states = sandboxes;

    expect(await capacityOf('shop-Fn', 'warm')).toEqual({
      ...{ requested: 3, allocated: available, available, status },
    });
    expect(await capacityOf('arn:aws:lambda:us-east-1:000000000000:function:shop-Fn', 'warm')).toMatchObject({
      available,
    });
  });

  test.each([
    ['shop-Fn', 'old'],
    ['shop-Fn', '$LATEST'],
    ['absent', 'live'],
  ])('is not found for %s:%s', async (functionName, qualifier) => {
    await expect(capacityOf(functionName, qualifier)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test.each([
    ['GET', '/2015-03-31/functions/shop-Fn'],
    ['DELETE', '/2019-09-30/functions/shop-Fn/provisioned-concurrency?Qualifier=live'],
  ])('is the one thing that it says: %s %s', async (method, path) => {
    expect((await fetch(`${url}${path}`, { method })).status).toBe(404);
  });
});
