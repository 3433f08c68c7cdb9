import { deepStrictEqual as equal } from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipOf } from '../../support/zip.ts';
import type { StrangerApp } from '../app.ts';

const ZIPPED = `const { greet } = require('greeting');
const { name } = require('./lib/name.json');
exports.handler = async () => greet(name);
`;

/** Written here, since git ignores folders of this name. */
const MODULE = 'layer/nodejs/node_modules/greeting';
const GREETING = `const { from } = require('./greeting.json');
exports.greet = (name) => 'hello ' + name + ', from ' + from;
`;

export const layersZip: StrangerApp = {
  name: 'layers-zip',
  kind: 'Layer, zip archive, inline code',
  prepare(folder) {
    mkdirSync(join(folder, MODULE), { recursive: true });
    writeFileSync(join(folder, MODULE, 'index.js'), GREETING);
    writeFileSync(join(folder, MODULE, 'greeting.json'), '{"from":"the layer"}');
    mkdirSync(join(folder, 'packed'));
    writeFileSync(
      join(folder, 'packed', 'zipped.zip'),
      zipOf({ 'index.js': ZIPPED, 'lib/name.json': '{"name":"archive"}' }),
    );
  },
  calls: {
    async 'a zip archive uses a module of the layer'({ call }) {
      equal((await call('GET', '/zipped')).text, 'hello archive, from the layer');
    },
    async 'so does a folder'({ call }) {
      equal((await call('GET', '/folder')).text, 'hello folder, from the layer');
    },
    async 'code in the template runs'({ call }) {
      equal((await call('GET', '/inline')).text, 'inline code');
    },
    async 'the same folder without the layer: 500, and an init error before ready'({ call, output }) {
      const { status, text } = await call('GET', '/bare');
      equal([status, JSON.parse(text).message], [500, 'Internal Server Error']);
      const [before = ''] = output().split(/^ready /m);
      equal(/^Bare \| init error .*Cannot find module 'greeting'/m.test(before), true);
    },
  },
};
