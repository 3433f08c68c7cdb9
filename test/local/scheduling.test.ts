import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrapFile } from '../../lib/local/bootstrap-file.ts';
import type { LocalFunction } from '../../lib/local/lambda/function.ts';
import type { InvocationResult } from '../../lib/local/lambda/result.ts';
import type { TakeTurn } from '../../lib/local/lambda/semaphore.ts';
import { type Processes, startProcesses } from '../../lib/local/processes.ts';
import { temporaryFolder } from '../support/folders.ts';
import { functionOfTest, HANDLERS } from '../support/local-function.ts';
import { gate } from '../support/queues.ts';

let processes: Processes;
let bootstrap: string;
beforeAll(async () => {
  processes = startProcesses();
  bootstrap = await bootstrapFile(temporaryFolder());
});
afterAll(() => processes.end());

interface Wanted {
  readonly source?: string;
  readonly handler?: string;
  readonly runtime?: string;
  readonly reserved?: number | undefined;
  readonly timeoutMs?: number;
  readonly idleMs?: number;
  readonly takeTurn?: TakeTurn;
  readonly onOutput?: (line: string) => void;
}

function start(wanted: Wanted = {}): LocalFunction {
  const {
    source,
    handler = 'slow',
    runtime = 'nodejs24.x',
    timeoutMs = 10_000,
    idleMs,
    takeTurn,
    onOutput,
  } = wanted;
  const folder = source === undefined ? HANDLERS : temporaryFolder();
  if (source !== undefined) writeFileSync(join(folder, 'index.js'), source);
  return functionOfTest({
    model: {
      ...{ runtime, timeoutMs, handler: `index.${source === undefined ? handler : 'handler'}` },
      reservedConcurrency: 'reserved' in wanted ? wanted.reserved : 5,
    },
    ...{ processes, bootstrap, folder, defaultConcurrency: 2 },
    ...(takeTurn && { takeTurn }),
    ...(idleMs && { settings: { idleMs } }),
    ...(onOutput && { onOutput }),
  });
}

const payloadOf = (result: InvocationResult) => {
  if (result.kind !== 'success') throw new Error(`expected a success, got ${JSON.stringify(result)}`);
  return JSON.parse(result.payload);
};
const slow = (ms: number) => JSON.stringify({ ms });

describe('an invocation that waits', () => {
  /** A function whose second sandbox does not get its turn before the gate is open. */
  const withSlowStart = async () => {
    const turn = gate();
    let isFirst = true;
    const takeTurn: TakeTurn = async () => {
      if (!isFirst) await turn.passed;
      isFirst = false;
      return () => undefined;
    };
    const fn = start({ takeTurn });
    await fn.warm();
    return { fn, turn };
  };

  it('takes the sandbox that is free first, not the one that was started for it', async () => {
    const { fn } = await withSlowStart();
    const both = await Promise.all([fn.invoke(slow(100)), fn.invoke(slow(0))]);
    const [first, second] = both.map(payloadOf);
    expect(second).toMatchObject({ calls: 2, pid: first.pid });
  });

  it('no longer needs the sandbox that was to be started for it, which is not started then', async () => {
    const { fn, turn } = await withSlowStart();
    await Promise.all([fn.invoke(slow(50)), fn.invoke(slow(0))]);
    expect(fn.state().sandboxes.map(({ state }) => state)).toContain('init');
    turn.open();
    await expect.poll(() => fn.sandboxes().length).toBe(1);
    expect(fn.state()).toMatchObject({ coldStarts: 1, invocations: 2, errors: 0 });
  });

  it('is one of as many as there come, where no concurrency is reserved', async () => {
    const fn = start({ reserved: undefined });
    const results = await Promise.all(Array.from({ length: 40 }, () => fn.invoke(slow(5))));
    expect(new Set(results.map((result) => payloadOf(result).pid)).size).toBeLessThanOrEqual(2);
    expect(fn.state()).toMatchObject({ throttles: 0, invocations: 40 });
  });

  it('is throttled, and its function not even started, where nothing at all is reserved', async () => {
    const fn = start({ reserved: 0 });
    await fn.warm();
    expect(await fn.invoke(slow(0))).toEqual({ kind: 'throttled' });
    expect(fn.state()).toMatchObject({ sandboxes: [], throttles: 1, invocations: 0 });
  });

  it('gets a new sandbox in place of one that was killed, which takes up no concurrency any more', async () => {
    const fn = start({ reserved: 1 });
    const { pid } = payloadOf(await fn.invoke(slow(0)));
    fn.sandboxes()[0]?.kill();
    expect(payloadOf(await fn.invoke(slow(0))).pid).not.toBe(pid);
    expect(fn.state().throttles).toBe(0);
  });

  it('fails with the start that was made for it, and no other does', async () => {
    const marker = join(temporaryFolder(), 'failed');
    const source = `const fs = require('node:fs');
      try { fs.mkdirSync(${JSON.stringify(marker)}); } catch { module.exports = { handler: async () => 'ok' }; }
      if (!module.exports.handler) throw new RangeError('the first start fails');`;
    const fn = start({ source });
    const results = await Promise.all([1, 2, 3].map(() => fn.invoke('{}')));
    expect(results.map(({ kind }) => kind).sort()).toEqual(['error', 'success', 'success']);
  });

  it('does not wait for a sandbox that has answered and is busy, which ends at its timeout', async () => {
    // Up to nodejs22.x a stream that has ended is followed by the wait for an empty event loop.
    const source = `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.end(String(process.pid));
      setTimeout(() => undefined, 60_000);
    });`;
    const fn = start({ source, runtime: 'nodejs22.x', timeoutMs: 1_000 });
    const first = payloadOf(await fn.invoke('{}'));
    expect(payloadOf(await fn.invoke('{}'))).not.toBe(first);
    await expect.poll(() => fn.sandboxes().length).toBe(0);
  });
});

describe('sandboxes that do nothing', () => {
  it('end after a while, but for the last one', async () => {
    const fn = start({ idleMs: 400 });
    await Promise.all(Array.from({ length: 5 }, () => fn.invoke(slow(50))));
    expect(fn.sandboxes().length).toBeGreaterThan(1);
    await expect.poll(() => fn.sandboxes().length).toBe(1);
    const [last] = fn.sandboxes();
    expect(payloadOf(await fn.invoke(slow(500))).pid).toBe(last?.pid);
    expect(fn.sandboxes()).toEqual([last]);
  });
});

describe('a start that fails', () => {
  it.each([
    [
      'a module that is missing',
      "require('nowhere');",
      /^init error Runtime\.ImportModuleError: Error: Cannot find module 'nowhere'$/,
    ],
    [
      'an error of syntax',
      'exports.handler = async () => {',
      /^init error Runtime\.UserCodeSyntaxError: SyntaxError: Unexpected end of input$/,
    ],
    [
      'no such export',
      'exports.other = 1;',
      /^init error Runtime\.HandlerNotFound: index\.handler is undefined or not exported$/,
    ],
    ['what it throws', "throw new RangeError('no start');", /^init error RangeError: no start$/],
    [
      'a callback',
      'exports.handler = (event, context, callback) => callback();',
      /^init error Runtime\.CallbackHandlerDeprecated: ERROR: AWS Lambda has removed support/,
    ],
    [
      'the end of its process',
      'process.exit(7);',
      /^init error Runtime\.ExitError: Runtime exited with error: exit status 7$/,
    ],
  ])('for %s is printed before the function counts as started', async (_, source, first) => {
    const lines: string[] = [];
    await start({ source, onOutput: (line) => lines.push(line) }).warm();
    expect(lines[0]).toMatch(first);
  });

  it('is printed with its stack, and with the place of an error of syntax', async () => {
    const lines: string[] = [];
    const onOutput = (line: string) => lines.push(line);
    await start({ source: "throw new Error('one\\ntwo');", onOutput }).warm();
    expect(lines.slice(0, 2)).toEqual(['init error Error: one', 'two']);
    expect(lines[2]).toMatch(/^ {4}at .*index\.js:1:7\)$/);
    await start({ source: '\nconst x = ;', onOutput }).warm();
    expect(lines.join('\n')).toMatch(/index\.js:2\nconst x = ;\n {10}\^/);
  });
});

describe('the Runtime API', () => {
  const status = (port: string, host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const path = '/2018-06-01/runtime/invocation/next';
      get({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });

  it('gives no invocation to who does not know its name, such as a page that a browser shows', async () => {
    const fn = start({ source: 'exports.handler = async () => process.env.AWS_LAMBDA_RUNTIME_API;' });
    const address: string = payloadOf(await fn.invoke('{}'));
    expect(address).toMatch(/^[0-9a-f]{32}\.localhost:\d+$/);
    const port = String(address.split(':')[1]);
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `${'0'.repeat(32)}.localhost:${port}`,
      address.split(':')[0],
    ])
      expect(await status(port, String(host))).toBe(403);
    expect(payloadOf(await fn.invoke('{}'))).toBe(address);
    expect(fn.state()).toMatchObject({ coldStarts: 1, errors: 0 });
  });
});

describe('an answer that is streamed', () => {
  const written = async (source: string) => {
    const fn = start({ source: `exports.handler = awslambda.streamifyResponse(${source});` });
    const met: string[] = [];
    const result = await fn.invoke('{}', {
      sink: {
        begin: (contentType) => void met.push(contentType),
        write: async (chunk) => void met.push(chunk.toString('utf8')),
        end: () => void met.push('end'),
      },
    });
    return { met, result };
  };

  it('reaches who waits for it while it is written', async () => {
    const { met, result } = await written(`async (event, stream) => {
      stream.setContentType('text/plain');
      stream.write('one');
      await new Promise((resolve) => setTimeout(resolve, 50));
      stream.end('two');
    }`);
    expect(met).toEqual(['text/plain', 'one', 'two', 'end']);
    expect(result).toEqual({ kind: 'success', payload: '' });
  });

  it('breaks off with the error of the function, and has no end', async () => {
    const { met, result } = await written(
      "async (event, stream) => { stream.write('half'); throw new RangeError('out'); }",
    );
    expect(met).toEqual(['application/octet-stream', 'half']);
    expect(result).toMatchObject({ kind: 'error', errorType: 'RangeError' });
  });
});
