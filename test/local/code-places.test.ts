import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrapFile } from '../../lib/local/bootstrap-file.ts';
import { type CodePlaces, codePlaces } from '../../lib/local/code/place.ts';
import { unzip } from '../../lib/local/code/zip.ts';
import { type Processes, startProcesses } from '../../lib/local/processes.ts';
import type { CodeModel } from '../../lib/local/template/functions.ts';
import { temporaryFolder } from '../support/folders.ts';
import { functionOfTest } from '../support/local-function.ts';
import { zipOf } from '../support/zip.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;

function folderOf(files: Readonly<Record<string, string>>, folder: string = temporaryFolder()): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function archiveOf(files: Readonly<Record<string, string>>): string {
  const file = join(temporaryFolder(), 'code.zip');
  writeFileSync(file, zipOf(files));
  return file;
}

let processes: Processes;
let bootstrap: string;
let project: string;
let places: CodePlaces;
beforeAll(async () => {
  processes = startProcesses();
  bootstrap = await bootstrapFile(temporaryFolder());
  project = folderOf({
    'package.json': '{ "type": "module" }',
    'node_modules/lodash/index.js': "module.exports = 'of the project';",
    'node_modules/@aws-sdk/client-x/package.json': '{ "main": "index.js" }',
    'node_modules/@aws-sdk/client-x/index.js': "exports.name = require('@smithy/y');",
    'node_modules/@smithy/y/index.js': "module.exports = 'smithy';",
  });
  places = await codePlaces(project, processes);
});
afterAll(() => processes.end());

interface Wanted {
  readonly layers?: readonly string[];
  readonly runtime?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly onOutput?: (line: string) => void;
  readonly event?: unknown;
}

/** What a function answers with that code. */
async function answerOf(code: CodeModel, wanted: Wanted = {}): Promise<unknown> {
  const { layers = [], runtime = 'nodejs24.x', environment = {}, onOutput } = wanted;
  const model = { code, layers, runtime, foreignLayers: [] };
  const fn = functionOfTest({
    ...{ model, code: await places.place(model), processes, bootstrap, environment },
    settings: { freeze: false },
    ...(onOutput && { onOutput }),
  });
  const result = await fn.invoke(JSON.stringify(wanted.event ?? {}));
  fn.sandboxes()[0]?.kill();
  return result.kind === 'throttled' ? result : JSON.parse(result.payload);
}

describe('code that is an asset', () => {
  it('has nothing of the project above it: neither its module type nor its packages', async () => {
    const asset = folderOf(
      {
        'index.js':
          "exports.handler = async () => { try { return require('lodash'); } catch (e) { return e.code; } };",
      },
      join(project, 'asset'),
    );
    expect(await answerOf({ path: asset })).toBe('MODULE_NOT_FOUND');
  });

  it.each(['nodejs22.x', 'nodejs24.x'])(
    'finds in %s what the runtime brings along, by require and by import',
    async (runtime) => {
      const required = folderOf({
        'index.js': "const { name } = require('@aws-sdk/client-x'); exports.handler = async () => name;",
      });
      const imported = folderOf({
        'index.mjs': "import x from '@aws-sdk/client-x'; export const handler = async () => x.name;",
      });
      expect(await answerOf({ path: required }, { runtime })).toBe('smithy');
      expect(await answerOf({ path: imported }, { runtime })).toBe('smithy');
    },
  );

  it('takes its own copy before that of the runtime', async () => {
    const asset = folderOf({
      'index.js': "exports.handler = async () => require('@aws-sdk/client-x').name;",
      'node_modules/@aws-sdk/client-x/index.js': "exports.name = 'own';",
    });
    expect(await answerOf({ path: asset })).toBe('own');
  });

  it('learns, where a package of the runtime is missing, how it comes into the project', async () => {
    const lines: string[] = [];
    const asset = folderOf({
      'index.mjs': "import '@aws-sdk/client-none'; export const handler = async () => 1;",
    });
    await answerOf({ path: asset }, { onOutput: (line) => lines.push(line) });
    expect(lines.at(0)).toMatch(
      /^init error Error: Cannot find package '@aws-sdk\/client-none' imported from /,
    );
    expect(lines.at(-1)).toBe(
      "@aws-sdk/client-none is part of Lambda's runtime; here it comes from the project: npm install -D @aws-sdk/client-none",
    );
  });

  it('is there with what its links lead to, and without those that lead nowhere', async () => {
    const asset = folderOf({ 'index.js': "exports.handler = async () => require('./linked.js');" });
    symlinkSync(
      join(folderOf({ 'other.js': "module.exports = 'linked';" }), 'other.js'),
      join(asset, 'linked.js'),
    );
    symlinkSync(join(asset, 'nowhere'), join(asset, 'broken'));
    expect(await answerOf({ path: asset })).toBe('linked');
  });

  it('is there once for all functions that share it', async () => {
    const asset = folderOf({ 'index.js': '' });
    const [one, two] = await Promise.all(
      [1, 2].map(() => places.place({ code: { path: asset }, layers: [], runtime: 'nodejs24.x' })),
    );
    expect(one?.taskRoot).toBe(two?.taskRoot);
  });

  it('is run from an archive', async () => {
    const archive = archiveOf({
      'index.js': "exports.handler = async () => require('./src/deep.js') + require('pack');",
      'src/deep.js': "module.exports = 'deep ';",
      'node_modules/pack/index.js': `module.exports = '${'long '.repeat(1_000)}';`,
    });
    expect(await answerOf({ path: archive })).toBe(`deep ${'long '.repeat(1_000)}`);
  });

  it('is gone when the run has ended', async () => {
    const own = startProcesses();
    const { taskRoot } = await (await codePlaces(project, own)).place({
      ...{ code: { inline: '' }, layers: [], runtime: 'nodejs24.x' },
    });
    expect(existsSync(taskRoot)).toBe(true);
    await own.end();
    expect(existsSync(taskRoot)).toBe(false);
  });
});

describe('layers', () => {
  const LAYER = {
    'nodejs/node_modules/shared/index.js': "module.exports = 'shared';",
    'nodejs/node_modules/shared-esm/package.json': '{ "type": "module", "exports": "./index.js" }',
    'nodejs/node_modules/shared-esm/index.js': "export default 'shared by import';",
    'nodejs/node22/node_modules/by-version/index.js': 'module.exports = 22;',
    'nodejs/node24/node_modules/by-version/index.js': 'module.exports = 24;',
    'nodejs/utils.js': "module.exports = 'by path';",
    'bin/tool': '#!/bin/sh\necho tool',
  };

  it.each([
    ['required', 'index.js', "const x = require('shared'); exports.handler = async () => x;", 'shared'],
    [
      'imported',
      'index.mjs',
      "import x from 'shared-esm'; export const handler = async () => x;",
      'shared by import',
    ],
    [
      'imported as CommonJS',
      'index.mjs',
      "import x from 'shared'; export const handler = async () => x;",
      'shared',
    ],
    [
      'required by path',
      'index.js',
      "exports.handler = async () => require('/opt/nodejs/utils');",
      'by path',
    ],
    [
      'imported by path',
      'index.mjs',
      "import x from '/opt/nodejs/utils.js'; export const handler = async () => x;",
      'by path',
    ],
    [
      'chosen by the version of the runtime',
      'index.js',
      "exports.handler = async () => require('by-version');",
      24,
    ],
  ])('hold modules that are %s', async (_, file, source, expected) => {
    for (const layer of [folderOf(LAYER), archiveOf(LAYER)])
      expect(await answerOf({ path: folderOf({ [file]: source }) }, { layers: [layer] })).toBe(expected);
  });

  it('hold modules of another version for another runtime', async () => {
    const code = { path: folderOf({ 'index.js': "exports.handler = async () => require('by-version');" }) };
    expect(await answerOf(code, { layers: [folderOf(LAYER)], runtime: 'nodejs22.x' })).toBe(22);
  });

  it('hold programs, and modules that Node loads first', async () => {
    const layer = folderOf({ ...LAYER, 'nodejs/first.js': "globalThis.first = 'first';" });
    chmodSync(join(layer, 'bin/tool'), 0o755);
    const source =
      "exports.handler = async () => [globalThis.first, require('child_process').execSync('tool').toString()];";
    const environment = { NODE_OPTIONS: '--require /opt/nodejs/first.js' };
    expect(
      await answerOf({ path: folderOf({ 'index.js': source }) }, { layers: [layer], environment }),
    ).toEqual(['first', 'tool\n']);
  });

  it('cover those before them', async () => {
    const later = folderOf({ 'nodejs/node_modules/shared/index.js': "module.exports = 'later';" });
    const code = { path: folderOf({ 'index.js': "exports.handler = async () => require('shared');" }) };
    expect(await answerOf(code, { layers: [folderOf(LAYER), later] })).toBe('later');
  });
});

describe('code in the template', () => {
  it('is index.js, a CommonJS module', async () => {
    expect(await answerOf({ inline: "exports.handler = async () => 'inline';" })).toBe('inline');
  });

  it.each([
    [
      'nodejs22.x',
      'exports.handler = (event, context) => response.send(event, context, response.SUCCESS, { a: 1 });',
    ],
    [
      'nodejs24.x',
      "exports.handler = async (event, context) => { await response.send(event, context, 'SUCCESS', { a: 1 }); };",
    ],
  ])('answers CloudFormation by cfn-response, in %s', async (runtime, source) => {
    let answered: unknown;
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { method, headers } = request;
        answered = { method, type: headers['content-type'], ...JSON.parse(body) };
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const event = {
      ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed`,
      ...{ StackId: 's', RequestId: 'r', LogicalResourceId: 'l' },
    };
    await answerOf({ inline: `const response = require('cfn-response'); ${source}` }, { runtime, event });
    server.close();
    expect(answered).toEqual({
      ...{
        method: 'PUT',
        type: '',
        Status: 'SUCCESS',
        NoEcho: false,
        Data: { a: 1 },
        PhysicalResourceId: 'local',
      },
      ...{ StackId: 's', RequestId: 'r', LogicalResourceId: 'l' },
      Reason: 'See the details in CloudWatch Log Stream: local',
    });
  });
});

describe('an archive', () => {
  const extract = (archive: Buffer): string => {
    const folder = temporaryFolder();
    const file = join(temporaryFolder(), 'a.zip');
    writeFileSync(file, archive);
    unzip(file, folder);
    return folder;
  };
  const whole = zipOf({ 'a/b.txt': 'text '.repeat(100), 'run.sh': '#!/bin/sh' });

  it('keeps permissions and folders', () => {
    const folder = extract(zipOf({ 'run.sh': '#!/bin/sh' }, { mode: 0o755 }));
    expect(statSync(join(folder, 'run.sh')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(extract(whole), 'a/b.txt'), 'utf8')).toBe('text '.repeat(100));
  });

  it('keeps symbolic links', () => {
    const folder = extract(zipOf({ 'a.txt': 'text', link: 'a.txt' }, { links: ['link'] }));
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('text');
  });

  it('writes nothing through the links that it holds, or that are there', () => {
    const outside = temporaryFolder();
    expect(() => extract(zipOf({ link: outside, 'link/file': 'text' }, { links: ['link'] }))).toThrow(
      'cannot be extracted',
    );
    const folder = temporaryFolder();
    symlinkSync(outside, join(folder, 'link'));
    const file = join(temporaryFolder(), 'a.zip');
    writeFileSync(file, zipOf({ 'link/file': 'text' }));
    expect(() => unzip(file, folder)).toThrow(/link\/file leads out of it$/);
    expect(existsSync(join(outside, 'file'))).toBe(false);
  });

  it.each([
    ['is none', Buffer.from('not an archive at all'), /it is no zip archive$/],
    ['is empty', Buffer.alloc(0), /it is no zip archive$/],
    ['leads out of its folder', zipOf({ '../out.txt': 'x' }), /\.\.\/out\.txt leads out of it$/],
    ['names an absolute path', zipOf({ '/out.txt': 'x' }), /\/out\.txt leads out of it$/],
    ['is damaged', damaged(whole), /is damaged$|invalid|incorrect/],
    ['is encrypted', zipOf({ a: 'x' }, { flags: 1 }), /a is encrypted$/],
    ['is compressed otherwise', zipOf({ a: 'x' }, { method: 12 }), /a is compressed by method 12$/],
    ['is cut off', whole.subarray(20), /is not where the directory says|directory is broken|out of range/],
  ])('that %s is refused in one sentence', (_, archive, reason) => {
    expect(() => extract(archive)).toThrow(
      expect.objectContaining({ code: 'LOCAL_RUN', message: expect.stringMatching(reason) }),
    );
  });

  it.skipIf(!hasPython)('that another program has made is extracted as that program does', () => {
    const source = folderOf({ 'a.txt': 'a'.repeat(10_000), 'b/c.txt': '', 'b/ä.txt': 'ü' });
    const file = join(temporaryFolder(), 'python.zip');
    execFileSync('python3', ['-m', 'zipfile', '-c', file, join(source, 'a.txt'), join(source, 'b')]);
    const folder = temporaryFolder();
    unzip(file, folder);
    for (const name of ['a.txt', 'b/c.txt', 'b/ä.txt'])
      expect(readFileSync(join(folder, name), 'utf8')).toBe(readFileSync(join(source, name), 'utf8'));
  });
});

/** The same with one bit of its first file turned. */
function damaged(archive: Buffer): Buffer {
  const copy = Buffer.from(archive);
  copy[40] = Number(copy[40]) ^ 1;
  return copy;
}
