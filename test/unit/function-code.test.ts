import { describe, expect, it } from 'vitest';
import { nodeFlagsOf } from '../../lib/local/lambda/runtime-rules.ts';
import { runtimeLines } from '../../lib/local/report.ts';
import { readFunctions } from '../../lib/local/template/functions.ts';
import { createReader } from '../../lib/local/template/reader.ts';

const PUBLIC = 'arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:60';
const layer = (key: string) => ({
  Type: 'AWS::Lambda::LayerVersion',
  Properties: { Content: { S3Key: key } },
});

function functionsOf(properties: Readonly<Record<string, unknown>>) {
  const fn = { Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { S3Key: 'code.zip' }, ...properties };
  const template = {
    Resources: {
      Shared: layer('shared.zip'),
      Own: layer('own.zip'),
      Fn: { Type: 'AWS::Lambda::Function', Properties: fn },
    },
  };
  const assembly = {
    stackName: 's',
    template,
    assetFolder: (key: string) => (key === 'elsewhere.zip' ? undefined : `/assets/${key}`),
  };
  return readFunctions(assembly, createReader(assembly, 'eu-north-1'));
}

describe('the code of a function', () => {
  it.each([
    ['an asset', { S3Key: 'code.zip' }, { path: '/assets/code.zip' }],
    ['text in the template', { ZipFile: 'exports.handler = 1' }, { inline: 'exports.handler = 1' }],
  ])('is %s', (_, code, expected) => {
    expect(functionsOf({ Code: code })).toMatchObject([{ code: expected, runtime: 'nodejs24.x' }]);
  });

  it.each([
    [
      'in a bucket of another account',
      { Code: { S3Key: 'elsewhere.zip' } },
      /Fn: code that is no file asset is not run/,
    ],
    [
      'a container image',
      { Code: { ImageUri: 'i' }, Runtime: undefined },
      /Fn: a container image is not run .*give it a nodejs runtime/,
    ],
    ['of another language', { Runtime: 'python3.13' }, /Fn: the runtime python3\.13 is not run/],
  ])('that is %s is refused', (_, properties, reason) => {
    expect(() => functionsOf(properties)).toThrow(reason);
  });

  it('has the layers of the app in their order, and names those of others', () => {
    const [fn] = functionsOf({ Layers: [{ Ref: 'Own' }, PUBLIC, { Ref: 'Shared' }] });
    expect(fn).toMatchObject({ layers: ['/assets/own.zip', '/assets/shared.zip'], foreignLayers: [PUBLIC] });
    expect(runtimeLines(fn ? [fn] : [])).toContain(
      `Fn: layer ${PUBLIC} is not of this app, and not on this machine; it is left out`,
    );
  });

  it('is run by the Node of this machine, which is said once for each runtime of another version', () => {
    const others = ['nodejs18.x', 'nodejs18.x'].flatMap((Runtime) => functionsOf({ Runtime }));
    expect(runtimeLines(others)).toEqual([
      `nodejs18.x: run by its own rules, but by this machine's Node ${process.versions.node}`,
    ]);
  });
});

describe('what Lambda switches off in Node', () => {
  it.each([
    ['nodejs24.x', '', []],
    ['nodejs22.x', '', ['--no-experimental-require-module', '--no-experimental-detect-module']],
    ['nodejs20.x', '', ['--no-experimental-require-module']],
    ['nodejs18.x', '', []],
    ['nodejs22.x', '--experimental-require-module', ['--no-experimental-detect-module']],
    [
      'nodejs22.x',
      '--no-experimental-require-module',
      ['--no-experimental-require-module', '--no-experimental-detect-module'],
    ],
  ])('with %s and %j', (runtime, nodeOptions, flags) => {
    expect(nodeFlagsOf(runtime, nodeOptions)).toEqual(flags);
  });
});
