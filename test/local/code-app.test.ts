import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';
import { zipOf } from '../support/zip.ts';

const fn = (code: object, more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Runtime: 'nodejs22.x', Handler: 'index.handler', Code: code, ...more },
});
const url = (name: string) => ({
  Type: 'AWS::Lambda::Url',
  Properties: { AuthType: 'NONE', TargetFunctionArn: { 'Fn::GetAtt': [name, 'Arn'] } },
});

const TEMPLATE = {
  Resources: {
    Shared: { Type: 'AWS::Lambda::LayerVersion', Properties: { Content: { S3Key: 'layer.zip' } } },
    Zipped: fn({ S3Key: 'code.zip' }, { Layers: [{ Ref: 'Shared' }] }),
    ZippedUrl: url('Zipped'),
    Bundled: fn({ S3Key: 'bundle.zip' }),
    BundledUrl: url('Bundled'),
    Inline: fn({ ZipFile: "exports.handler = (event, context) => context.succeed('inline');" }),
    InlineUrl: url('Inline'),
    Broken: fn({ ZipFile: "require('nowhere');" }, { Runtime: 'nodejs24.x' }),
  },
};

/** A project whose files are ES modules, as those of its functions are not. */
function projectOf(): string {
  const folder = temporaryFolder();
  const files = {
    'package.json': '{ "type": "module" }',
    'cdk.json': '{ "app": "node app.js" }',
    'app.js': `import { cpSync } from 'node:fs';
      cpSync('assembly', process.env.CDK_OUTDIR, { recursive: true });`,
    'assembly/manifest.json': JSON.stringify({
      artifacts: {
        app: { type: 'aws:cloudformation:stack', properties: { templateFile: 't.json' } },
        assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
      },
    }),
    'assembly/t.json': JSON.stringify(TEMPLATE),
    'assembly/assets.json': JSON.stringify({
      files: Object.fromEntries(
        ['code.zip', 'layer.zip', 'bundle'].map((path) => [
          path,
          {
            source: { path },
            destinations: { here: { objectKey: path === 'bundle' ? 'bundle.zip' : path } },
          },
        ]),
      ),
    }),
    'assembly/bundle/index.js': "exports.handler = (event, context, callback) => callback(null, 'CommonJS');",
    'assembly/code.zip': zipOf({ 'index.js': "exports.handler = async () => require('shared');" }),
    'assembly/layer.zip': zipOf({
      'nodejs/node_modules/shared/index.js': "module.exports = 'from a layer';",
    }),
  };
  mkdirSync(join(folder, 'assembly/bundle'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

let run: StartedRun;
beforeAll(async () => {
  run = await startRun(['--dynamodb', 'dynalite'], {}, projectOf());
});

describe('an app whose functions are archives, bundles and text', () => {
  it.each([
    ['ZippedUrl', 'from a layer'],
    ['BundledUrl', 'CommonJS'],
    ['InlineUrl', 'inline'],
  ])('runs all of them: %s', async (name, expected) => {
    const { functionUrls } = await apiOf(run.url).state();
    expect(await (await fetch(String(functionUrls[name]))).json()).toBe(expected);
  });

  it('says before it is ready which function does not start, and why', () => {
    const [before = ''] = run.output().split('\nready ');
    expect(before).toMatch(
      /^Broken \| init error Runtime\.ImportModuleError: Error: Cannot find module 'nowhere'$/m,
    );
    expect(before).toMatch(/^Broken \| {5}at .*load/m);
    expect(before).toMatch(/^nodejs22\.x: run by its own rules, but by this machine's Node \d+\.\d+\.\d+$/m);
  });
});
