/** A function, and the events that it is given one after the other. */
export interface LoadingCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Default: `index.handler`. */
  readonly handler?: string;
  /** Default: one, `{}`. */
  readonly events?: readonly unknown[];
}

const js = (name: string, source: string, events?: readonly unknown[]): LoadingCase => ({
  name,
  files: { 'index.js': source },
  ...(events && { events }),
});
const mjs = (name: string, source: string): LoadingCase => ({ name, files: { 'index.mjs': source } });
const named = (name: string, handler: string, files: Readonly<Record<string, string>>): LoadingCase => ({
  ...{ name, handler, files },
});

const OK = "exports.handler = async () => 'ok';";
const ESM_OK = "export const handler = async () => 'ok';";
const MODULE = '{ "type": "module" }';
/** Two invocations: whether the first has waited for what it left behind shows in the second. */
const TWICE = [{}, {}];

const FILES: readonly LoadingCase[] = [
  js('exports a function', OK),
  js('exports an object', "module.exports = { handler: async () => 'ok' };"),
  js('exports what a call makes', "module.exports = (() => ({ handler: async () => 'ok' }))();"),
  js(
    'exports a function that has the handler',
    "module.exports = Object.assign(() => 1, { handler: async () => 'ok' });",
  ),
  js(
    'exports an instance with a method',
    "module.exports = new (class { async handler() { return 'ok'; } })();",
  ),
  js(
    'exports by a getter',
    "Object.defineProperty(exports, 'handler', { enumerable: true, get: () => async () => 'ok' });",
  ),
  js(
    'exports as TypeScript compiles it',
    "Object.defineProperty(exports, '__esModule', { value: true }); exports.handler = void 0; exports.handler = async () => 'ok';",
  ),
  js(
    'exports as esbuild bundles it',
    "var p = Object.defineProperty, c = (o) => p({}, '__esModule', { value: true }) && Object.assign({}, o); module.exports = c({ handler: async () => 'ok' });",
  ),
  mjs('is an ES module', ESM_OK),
  mjs('is an ES module with a default export', "export default { handler: async () => 'ok' };"),
  mjs(
    'is an ES module that awaits',
    "const text = await Promise.resolve('ok'); export const handler = async () => text;",
  ),
  mjs(
    'is an ES module that requires',
    "import { createRequire } from 'node:module'; const { sep } = createRequire(import.meta.url)('path'); export const handler = async () => sep;",
  ),
  named('is a .cjs file', 'index.handler', { 'index.cjs': OK }),
  named('has no extension', 'index.handler', { index: OK }),
  named('is a folder', 'index.handler', { 'index/index.js': OK }),
  named('is there as .js, .mjs and .cjs', 'index.handler', {
    'index.js': "exports.handler = async () => 'js';",
    'index.mjs': "export const handler = async () => 'mjs';",
    'index.cjs': "exports.handler = async () => 'cjs';",
  }),
  named('is there as .mjs and .cjs', 'index.handler', {
    'index.mjs': "export const handler = async () => 'mjs';",
    'index.cjs': "exports.handler = async () => 'cjs';",
  }),
  named('is in a sub-folder', 'src/api/index.handler', { 'src/api/index.js': OK }),
  named('is in a folder with dots', 'src/v1.0/index.handler', { 'src/v1.0/index.js': OK }),
  named('is a nested export', 'index.api.v1.handler', {
    'index.js': "exports.api = { v1: { handler: async () => 'ok' } };",
  }),
  named('is a nested export of a default export', 'index.api.handler', {
    'index.mjs': "export default { api: { handler: async () => 'ok' } };",
  }),
  named('has a dot in the name of its file', 'index.min.handler', { 'index.min.js': OK }),
  named('is named by its path alone', 'index', { 'index.js': OK }),
  named('is named by a path that leads out', '../index.handler', { 'index.js': OK }),
  named('is a package', 'lib.handler', { 'node_modules/lib/index.js': OK }),
  named('is a package of a sub-folder', 'src/lib.handler', { 'src/node_modules/lib/index.js': OK }),
  named('is .js in a module scope', 'index.handler', { 'package.json': MODULE, 'index.js': ESM_OK }),
  named('is .js below a module scope', 'src/index.handler', {
    'package.json': MODULE,
    'src/index.js': ESM_OK,
  }),
  named('is .js below a scope of its own', 'src/index.handler', {
    'package.json': MODULE,
    'src/package.json': '{}',
    'src/index.js': OK,
  }),
  named('is CommonJS in a module scope', 'index.handler', { 'package.json': MODULE, 'index.js': OK }),
  named('has a package.json that is none', 'index.handler', { 'package.json': '{', 'index.cjs': OK }),
  js('is an ES module by its syntax alone', ESM_OK),
  named('requires an ES module', 'index.handler', {
    'index.js': "exports.handler = require('./other.mjs').handler;",
    'other.mjs': ESM_OK,
  }),
  js('imports later', "exports.handler = async () => (await import('node:path')).sep;"),
];

const BROKEN: readonly LoadingCase[] = [
  named('is missing', 'index.handler', { 'other.js': OK }),
  js('requires what is missing', "require('nowhere'); exports.handler = async () => 'ok';"),
  js('requires a file that is missing', "require('./nowhere'); exports.handler = async () => 'ok';"),
  mjs('imports what is missing', "import 'nowhere'; export const handler = async () => 'ok';"),
  mjs('imports a file that is missing', "import './nowhere.mjs'; export const handler = async () => 'ok';"),
  mjs(
    'imports a name that is missing',
    "import { nowhere } from 'node:path'; export const handler = async () => nowhere;",
  ),
  js('has an error of syntax', 'exports.handler = async () => {'),
  mjs('is an ES module with an error of syntax', 'export const handler = async () => {'),
  js('throws', "throw new RangeError('no start');"),
  js('throws an error with a code', "throw Object.assign(new Error('no start'), { code: 'E_START' });"),
  js('throws a text', "throw 'no start';"),
  mjs(
    'rejects',
    "await Promise.reject(new RangeError('no start')); export const handler = async () => 'ok';",
  ),
  js(
    'leaves a rejection',
    "void Promise.reject(new RangeError('left')); exports.handler = async () => 'ok';",
  ),
  js('ends the process', 'process.exit(7);'),
  js('exports something else', "exports.other = async () => 'ok';"),
  js('exports a number', 'exports.handler = 7;'),
  js('exports nothing under the name', 'exports.handler = null;'),
  js('exports a class', 'exports.handler = class Handler { constructor() { this.ok = true; } };'),
];

const ANSWERS: readonly LoadingCase[] = [
  js(
    'returns a value',
    'exports.handler = async () => ({ a: [1, null, undefined, new Date(0)], b: undefined });',
  ),
  js('returns nothing', 'exports.handler = async () => {};'),
  js('returns a value without a promise', "exports.handler = () => 'ok';"),
  js('returns what can be awaited', "exports.handler = () => ({ then: (resolve) => resolve('ok') });"),
  js('returns what JSON refuses', 'exports.handler = async () => 1n;', TWICE),
  js('returns a circle', 'exports.handler = async () => { const a = {}; a.a = a; return a; };'),
  js('throws an error', "exports.handler = async () => { throw new RangeError('out of range'); };", TWICE),
  js('throws before it returns', "exports.handler = () => { throw new RangeError('out of range'); };", TWICE),
  js('throws a text when called', "exports.handler = async () => { throw 'text'; };"),
  js('throws an object', 'exports.handler = async () => { throw { code: 7 }; };'),
  js('throws nothing', 'exports.handler = async () => { throw undefined; };'),
  js('throws nothing before it returns', 'exports.handler = () => { throw null; };'),
  js(
    'throws an error with another name',
    "exports.handler = async () => { const e = new Error('m'); e.name = 'Own\\u007f'; throw e; };",
  ),
  js(
    'throws an error whose name is an object',
    "exports.handler = async () => { const e = new Error('m'); e.name = {}; throw e; };",
  ),
  js('throws what has no text', 'exports.handler = async () => { throw Object.create(null); };'),
  js(
    'leaves a rejection when called',
    "exports.handler = async () => { void Promise.reject(new RangeError('left')); await new Promise((r) => setTimeout(r, 200)); return 'ok'; };",
    TWICE,
  ),
  js(
    'throws in a timer',
    "exports.handler = async () => { setTimeout(() => { throw new RangeError('late'); }, 1); await new Promise((r) => setTimeout(r, 200)); return 'ok'; };",
    TWICE,
  ),
  js('ends the process when called', 'exports.handler = async () => process.exit(7);', TWICE),
  js(
    'shows what is in the context',
    'exports.handler = async (event, context) => Object.keys(context).sort();',
  ),
  js('shows the arguments', 'exports.handler = async (...args) => args.map((a) => typeof a);'),
  js(
    'shows the global',
    'exports.handler = async () => [Object.keys(awslambda).sort(), typeof awslambda.HttpResponseStream.from];',
  ),
  js(
    'has a third parameter with a default',
    "exports.handler = async (event, context, callback = 'none') => typeof callback;",
  ),
  js(
    'shows the trace',
    'exports.handler = async (event, { xRayTraceId: x }) => [typeof process.env._X_AMZN_TRACE_ID, x === process.env._X_AMZN_TRACE_ID];',
  ),
  js(
    'shows the store of the invocation',
    'exports.handler = async (e, c) => [awslambda.InvokeStore?.getRequestId() === c.awsRequestId, awslambda.InvokeStore?.getXRayTraceId() === c.xRayTraceId];',
  ),
  js(
    'answers at once and leaves a timer',
    'let n = 0; exports.handler = async () => { setTimeout(() => n++, 60_000); return n; };',
    TWICE,
  ),
];

const CALLBACKS: readonly LoadingCase[] = [
  js('calls back', "exports.handler = (e, c, cb) => cb(null, 'ok');", TWICE),
  js('calls back without a result', 'exports.handler = (e, c, cb) => cb();'),
  js('calls back later', "exports.handler = (e, c, cb) => { setTimeout(() => cb(null, 'ok'), 20); };", TWICE),
  js('calls back with an error', "exports.handler = (e, c, cb) => cb(new RangeError('out'));", TWICE),
  js('calls back with a text', "exports.handler = (e, c, cb) => cb('text');"),
  js('calls back with what JSON refuses', 'exports.handler = (e, c, cb) => cb(null, 1n);', TWICE),
  js(
    'calls back with what JSON refuses, at once',
    'exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; cb(null, 1n); };',
    TWICE,
  ),
  js(
    'calls back twice',
    "exports.handler = (e, c, cb) => { cb(null, 'first'); cb(null, 'second'); };",
    TWICE,
  ),
  js(
    'calls back and throws',
    "exports.handler = (e, c, cb) => { cb(null, 'first'); throw new RangeError('then'); };",
    TWICE,
  ),
  js(
    'calls back and throws, at once',
    "exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; cb(null, 'first'); throw new RangeError('then'); };",
    TWICE,
  ),
  js(
    'calls back and returns a promise',
    "exports.handler = async (e, c, cb) => { cb(null, 'called'); return 'returned'; };",
    TWICE,
  ),
  js(
    'returns a promise and calls back later',
    "exports.handler = async (e, c, cb) => { setTimeout(() => cb(null, 'called'), 20); return 'returned'; };",
    TWICE,
  ),
  js(
    'calls back and leaves a timer',
    'let n = 0; exports.handler = (e, c, cb) => { setTimeout(() => n++, 30); cb(null, n); };',
    TWICE,
  ),
  js(
    'calls back at once and leaves a timer',
    'let n = 0; exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; setTimeout(() => n++, 60_000); cb(null, n); };',
    TWICE,
  ),
  js('never calls back', 'exports.handler = (e, c, cb) => { setTimeout(() => undefined, 20); };', TWICE),
  js(
    'calls back after it was answered for',
    "let late; exports.handler = (e, c, cb) => { if (late) { late(null, 'late'); return cb(null, 'second'); } late = cb; };",
    TWICE,
  ),
  js('is done', "exports.handler = (e, c) => c.done(null, 'ok');", TWICE),
  js('is done with an error', "exports.handler = (e, c) => c.done(new RangeError('out'));"),
  js('is done later', "exports.handler = (e, c) => { setTimeout(() => c.done(null, 'ok'), 20); };"),
  js('succeeds', "exports.handler = (e, c) => c.succeed('ok');"),
  js(
    'succeeds and leaves a timer',
    'let n = 0; exports.handler = (e, c) => { setTimeout(() => n++, 60_000); c.succeed(n); };',
    TWICE,
  ),
  js('fails', "exports.handler = (e, c) => c.fail(new RangeError('out'));"),
  js('fails with a text', "exports.handler = (e, c) => c.fail('text');"),
  js('fails with nothing', 'exports.handler = (e, c) => c.fail();'),
  js('succeeds with what JSON refuses', 'exports.handler = (e, c) => c.succeed(1n);', TWICE),
  js('says whether it waits', 'exports.handler = (e, c) => c.succeed([c.callbackWaitsForEmptyEventLoop]);'),
  js(
    'listens to the end of the loop',
    "let n = 0; process.on('beforeExit', () => n++); exports.handler = (e, c, cb) => cb(null, n);",
    TWICE,
  ),
  mjs('is an ES module that calls back', "export const handler = (e, c, cb) => cb(null, 'ok');"),
];

const streamed = (body: string): string => `exports.handler = awslambda.streamifyResponse(${body});`;
const STREAMS: readonly LoadingCase[] = [
  js('streams', streamed("async (e, s) => { s.write('a'); s.write('b'); s.end(); }"), TWICE),
  js(
    'streams with a callback parameter',
    streamed("async (e, s, c) => { s.write(typeof c.getRemainingTimeInMillis); s.end('!'); }"),
  ),
  js('streams an object', streamed('async (e, s) => { s.write({ a: 1 }); s.end(); }')),
  js(
    'streams with metadata',
    streamed(
      "async (e, s) => { s = awslambda.HttpResponseStream.from(s, { statusCode: 201, headers: { a: 'b' } }); s.write('text'); s.end(); }",
    ),
  ),
  js(
    'streams with a type',
    streamed("async (e, s) => { s.setContentType('text/plain'); s.write('text'); s.end(); }"),
  ),
  js(
    'sets the type too late',
    streamed("async (e, s) => { s.write('text'); s.setContentType('text/plain'); s.end(); }"),
    TWICE,
  ),
  js('throws before it streams', streamed("async () => { throw new RangeError('out'); }"), TWICE),
  js(
    'throws while it streams',
    streamed("async (e, s) => { s.write('half'); throw new RangeError('out'); }"),
    TWICE,
  ),
  js('streams without a promise', streamed("(e, s) => { s.end('text'); }"), TWICE),
  js(
    'streams a pipeline',
    `const { pipeline } = require('node:stream/promises'); const { Readable } = require('node:stream'); ${streamed("async (e, s) => { await pipeline(Readable.from(['a', 'b']), s); }")}`,
  ),
  mjs(
    'is an ES module that streams',
    "export const handler = awslambda.streamifyResponse(async (e, s) => { s.write('ok'); s.end(); });",
  ),
  js('streams and returns', streamed("async (e, s) => { s.end('text'); return 'ignored'; }")),
  js('never ends its stream', streamed("async (e, s) => { s.write('half'); }")),
];

export const LOADING_CASES: readonly LoadingCase[] = [
  ...FILES,
  ...BROKEN,
  ...ANSWERS,
  ...CALLBACKS,
  ...STREAMS,
];
