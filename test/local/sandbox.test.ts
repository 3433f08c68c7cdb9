import { statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrapFile } from '../../lib/local/bootstrap-file.ts';
import type { LocalFunction } from '../../lib/local/lambda/function.ts';
import type { InvocationResult } from '../../lib/local/lambda/result.ts';
import { type TakeTurn, turns } from '../../lib/local/lambda/semaphore.ts';
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
  readonly freeze?: boolean;
  readonly capacity?: number;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  readonly folder?: string;
  readonly runtime?: string;
  readonly idleMs?: number;
  readonly onOutput?: (line: string) => void;
  readonly processes?: Processes;
  readonly bootstrap?: string;
  readonly takeTurn?: TakeTurn;
  readonly unresolvedNames?: () => readonly string[];
}

function start(handler: string, wanted: Wanted = {}): LocalFunction {
  const { timeoutMs = 10_000, concurrency = 5, runtime = 'nodejs24.x', freeze = true, capacity = 1 } = wanted;
  const { folder, takeTurn, unresolvedNames, onOutput, idleMs } = wanted;
  return functionOfTest({
    model: {
      ...{ functionName: 'stack-Fn', runtime, handler: `index.${handler}`, timeoutMs },
      reservedConcurrency: concurrency,
    },
    processes: wanted.processes ?? processes,
    bootstrap: wanted.bootstrap ?? bootstrap,
    environment: { OWN: 'value' },
    settings: { freeze, maxConcurrencyPerSandbox: capacity, ...(idleMs && { idleMs }) },
    ...(folder && { folder }),
    ...(takeTurn && { takeTurn }),
    ...(unresolvedNames && { unresolvedNames }),
    ...(onOutput && { onOutput }),
  });
}

const payloadOf = (result: InvocationResult) => {
  if (result.kind !== 'success') throw new Error(`expected a success, got ${JSON.stringify(result)}`);
  return JSON.parse(result.payload);
};
const errorOf = (result: InvocationResult) => {
  if (result.kind !== 'error') throw new Error(`expected an error, got ${result.kind}`);
  return { type: result.errorType, ...JSON.parse(result.payload) };
};

describe('a sandbox', () => {
  it('gives the handler the event, the context and the environment that Lambda gives, and no other', async () => {
    process.env['SECRET_OF_THE_HOST'] = 'x';
    const value = payloadOf(await start('echo').invoke('{"a":[1,null,"é"]}'));
    delete process.env['SECRET_OF_THE_HOST'];
    expect(value.event).toEqual({ a: [1, null, 'é'] });
    expect(value.remainingMs).toBeGreaterThan(0);
    expect(value.remainingMs).toBeLessThanOrEqual(10_000);
    expect(value.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(value.arn).toBe('arn:aws:lambda:us-east-1:000000000000:function:stack-Fn');
    expect(value.memory).toBe('256');
    expect(value.cwd).toBe(HANDLERS);
    expect(value.env).toMatchObject({
      OWN: 'value',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'stack-Fn',
      TZ: ':UTC',
    });
    expect(value.env).not.toHaveProperty('SECRET_OF_THE_HOST');
  });

  it('finds names of this machine, and does not find those that have stopped to resolve', async () => {
    const unresolved: string[] = [];
    const fn = start('connects', { unresolvedNames: () => unresolved });
    // Nothing listens there.
    const call = async (host: string) => payloadOf(await fn.invoke(JSON.stringify({ host, port: 9 })));
    expect(await call('service.localhost')).toBe('ECONNREFUSED');
    unresolved.push('service.localhost');
    expect(await call('service.localhost')).toBe('ENOTFOUND');
    expect(await call('another.localhost')).toBe('ECONNREFUSED');
    unresolved.pop();
    expect(await call('service.localhost')).toBe('ECONNREFUSED');
  });

  it('is used again, and keeps what the module holds', async () => {
    const fn = start('echo');
    const first = payloadOf(await fn.invoke('{}'));
    const second = payloadOf(await fn.invoke('{}'));
    expect(second).toMatchObject({ pid: first.pid, calls: 2 });
    expect(fn.state().coldStarts).toBe(1);
  });

  it('reports what the handler throws in the shape that Lambda gives it, and serves on', async () => {
    const fn = start('throws');
    const error = errorOf(await fn.invoke('{}'));
    expect(error).toMatchObject({
      type: 'RangeError',
      errorType: 'RangeError',
      errorMessage: 'out of range',
    });
    expect(error.trace[0]).toBe('RangeError: out of range');
    await fn.invoke('{}');
    expect(fn.state()).toMatchObject({ errors: 2, coldStarts: 1 });
  });

  it('reports a thrown value that is no error', async () => {
    expect(errorOf(await start('throwsText').invoke('{}'))).toMatchObject({
      errorType: 'string',
      errorMessage: 'just text',
    });
  });

  it('answers null for a handler that returns nothing', async () => {
    expect(await start('nothing').invoke('{}')).toEqual({ kind: 'success', payload: 'null' });
  });

  it.each(['hangs', 'spins'])(
    'is killed at its timeout when the handler %s, and the next invocation gets a new one',
    async (handler) => {
      const fn = start(handler, { timeoutMs: 300 });
      const error = errorOf(await fn.invoke('{}'));
      expect(error).toMatchObject({ errorType: 'Sandbox.Timedout' });
      expect(error.errorMessage).toMatch(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.30 seconds$/,
      );
      await fn.invoke('{}');
      expect(fn.state()).toMatchObject({ timeouts: 2, coldStarts: 2 });
    },
  );

  it('reports a process that ends in the middle', async () => {
    const error = errorOf(await start('exits').invoke('{}'));
    expect(error).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(error.errorMessage).toMatch(/Runtime exited with error: exit status 3$/);
  });

  it('ends on a rejection without a handler', async () => {
    expect(errorOf(await start('leaks').invoke('{}')).errorMessage).toMatch(/exit status 1$/);
  });

  it('reports a process that is killed from outside, and serves the next with a new one', async () => {
    const fn = start('slow');
    const running = fn.invoke('{"ms":60000}');
    await expect.poll(() => fn.state().sandboxes[0]?.state).toBe('busy');
    process.kill(Number(fn.state().sandboxes[0]?.pid), 'SIGKILL');
    expect(errorOf(await running).errorMessage).toMatch(/Runtime exited with error: signal: killed$/);
    expect(payloadOf(await fn.invoke('{"ms":0}')).calls).toBe(1);
  });

  it('is not started any more while everything ends, and its callers learn so', async () => {
    const ending = startProcesses();
    await ending.end();
    const fn = start('echo', { processes: ending });
    expect(errorOf(await fn.invoke('{}')).errorMessage).toMatch(/Runtime exited with error: signal: killed$/);
    expect(fn.sandboxes()).toEqual([]);
  });

  it('refuses a result over six megabytes', async () => {
    expect(errorOf(await start('large').invoke('{}'))).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
    });
  });

  it.each([
    ['a module that throws', { folder: `${HANDLERS}/broken` }, 'echo', 'Error', 'cannot start'],
    [
      'no module',
      { folder: tmpdir() },
      'echo',
      'Runtime.ImportModuleError',
      expect.stringMatching(/^Error: Cannot find module 'index'\n/),
    ],
    [
      'an export that is no function',
      {},
      'notAFunction',
      'Runtime.HandlerNotFound',
      'index.notAFunction is not a function',
    ],
  ])('reports an init that fails for %s', async (_, wanted, handler, errorType, errorMessage) => {
    expect(errorOf(await start(handler, wanted).invoke('{}'))).toMatchObject({ errorType, errorMessage });
  });
});

describe('a function', () => {
  it('starts sandboxes up to its concurrency, throttles above it, and never gives one sandbox two at once', async () => {
    const fn = start('slow', { concurrency: 3 });
    const results = await Promise.all(Array.from({ length: 5 }, () => fn.invoke('{"ms":300}')));
    const served = results.filter(({ kind }) => kind === 'success').map(payloadOf);
    expect(served).toHaveLength(3);
    expect(served.map(({ atOnce }) => atOnce)).toEqual([1, 1, 1]);
    const { coldStarts, ...state } = fn.state();
    expect(state).toMatchObject({ throttles: 2, invocations: 3 });
    expect(coldStarts).toBeLessThanOrEqual(3);
    expect((await fn.invoke('{"ms":0}')).kind).toBe('success');
    expect(fn.state().coldStarts).toBe(coldStarts);
  });

  it('starts a sandbox when that has its turn, which is over when the sandbox is there', async () => {
    const turn = gate();
    let isOver = false;
    const takeTurn = async () => {
      await turn.passed;
      return () => {
        isOver = true;
      };
    };
    const fn = start('slow', { takeTurn });
    const result = fn.invoke('{"ms":0}');
    await new Promise((resolve) => setImmediate(resolve));
    expect(fn.state().sandboxes).toMatchObject([{ pid: undefined, state: 'init' }]);
    turn.open();
    expect((await result).kind).toBe('success');
    expect(isOver).toBe(true);
  });

  it.each(['exits', 'hangs'])(
    'gives a turn back that a sandbox has taken which %s in its start',
    async (kind) => {
      const takeTurn = turns(1);
      const folder = temporaryFolder();
      const code = { exits: 'process.exit(3)', hangs: 'await new Promise(() => setInterval(() => {}, 1e6))' };
      writeFileSync(join(folder, 'index.mjs'), code[kind as keyof typeof code]);
      const broken = start('handler', { takeTurn, folder });
      const lost = broken.invoke('{}');
      expect((await start('slow', { takeTurn }).invoke('{"ms":0}')).kind).toBe('success');
      for (const sandbox of [...broken.sandboxes()]) sandbox.kill();
      expect((await lost).kind).toBe('error');
    },
  );
});

describe('between invocations', () => {
  const stateOf = (fn: LocalFunction) => fn.state().sandboxes[0]?.state;

  it('a sandbox is frozen: a loop that it left running makes no progress', async () => {
    const folder = temporaryFolder();
    const [frozen, awake] = [start('leavesLoopRunning'), start('leavesLoopRunning', { freeze: false })];
    const sizeOf = (name: string) => statSync(join(folder, name)).size;
    await frozen.invoke(JSON.stringify({ file: join(folder, 'frozen') }));
    await awake.invoke(JSON.stringify({ file: join(folder, 'awake') }));
    await expect.poll(() => stateOf(frozen)).toBe('frozen');
    const before = { frozen: sizeOf('frozen'), awake: sizeOf('awake') };
    // The one that is awake is the clock: by the time we look again its loop has gone round a thousand times.
    await expect.poll(() => sizeOf('awake')).toBeGreaterThan(before.awake + 1_000);
    expect(sizeOf('frozen')).toBe(before.frozen);
    // Thawed, the very same loop goes on.
    frozen.sandboxes()[0]?.thaw();
    await expect.poll(() => sizeOf('frozen')).toBeGreaterThan(before.frozen);
    for (const fn of [frozen, awake]) fn.sandboxes()[0]?.kill();
  });

  it('a promise that was left pending settles after the thaw, and nothing is unhandled', async () => {
    const fn = start('leavesWorkBehind');
    for (let times = 0; times < 5; times++) {
      expect(payloadOf(await fn.invoke('{}'))).toBe('done');
      await expect.poll(() => stateOf(fn)).toBe('frozen');
    }
    expect(fn.state()).toMatchObject({ errors: 0, coldStarts: 1 });
  });

  it('a sandbox that asks for nothing more is waited for no longer than another one takes to start', async () => {
    const runtime = `
      import { once } from 'node:events';
      import { request } from 'node:http';
      const ask = async (path, body) => {
        const port = process.env.AWS_LAMBDA_RUNTIME_API.split(':')[1];
        const headers = { host: process.env.AWS_LAMBDA_RUNTIME_API };
        const method = body ? 'POST' : 'GET';
        const asked = request({ host: '127.0.0.1', port, headers, method, path: '/2018-06-01/runtime/invocation/' + path });
        const [response] = await once(asked.end(body), 'response');
        await response.resume().toArray();
        return response.headers;
      };
      const id = (await ask('next'))['lambda-runtime-aws-request-id'];
      await ask(id + '/response', String(process.pid));
      setInterval(() => {}, 60_000);`;
    const own = join(temporaryFolder(), 'answers-once.mjs');
    writeFileSync(own, runtime);
    const fn = start('none', { bootstrap: own });
    expect(payloadOf(await fn.invoke('{}'))).not.toBe(payloadOf(await fn.invoke('{}')));
    expect(fn.state().sandboxes).toHaveLength(2);
    for (const sandbox of [...fn.sandboxes()]) sandbox.kill();
  });

  it('a frozen sandbox can be killed, and the next invocation gets a new one', async () => {
    const fn = start('slow');
    await fn.invoke('{"ms":0}');
    await expect.poll(() => stateOf(fn)).toBe('frozen');
    fn.sandboxes()[0]?.kill();
    await expect.poll(() => fn.state().sandboxes.length).toBe(0);
    expect(payloadOf(await fn.invoke('{"ms":0}')).calls).toBe(1);
  });
});

describe('a sandbox that serves several invocations at once', () => {
  const statesOf = (fn: LocalFunction) => fn.state().sandboxes.map(({ state }) => state);

  it('takes them up to its capacity before another one is started, also while it starts, and is never frozen', async () => {
    const fn = start('slow', { capacity: 3 });
    const pids = async (count: number) => {
      const served = await Promise.all(Array.from({ length: count }, () => fn.invoke('{"ms":200}')));
      return Map.groupBy(served.map(payloadOf), ({ pid }) => pid);
    };
    expect((await pids(3)).size).toBe(1);
    expect(fn.state().coldStarts).toBe(1);
    expect([...(await pids(4)).values()].map((group) => group.length).sort()).toEqual([1, 3]);
    expect((await pids(3)).size).toBe(1);
    expect(statesOf(fn)).toEqual(['idle', 'idle']);
  });

  it('gives each its own context, and says where it is', async () => {
    const fn = start('echo', { capacity: 2 });
    const [one, two] = (await Promise.all([fn.invoke('1'), fn.invoke('2')])).map(payloadOf);
    expect([one.event, two.event]).toEqual([1, 2]);
    expect(one.pid).toBe(two.pid);
    for (const { requestId, traceId } of [one, two]) {
      expect(traceId).toContain(requestId.replaceAll('-', '').slice(0, 24));
    }
    expect(one.env).toMatchObject({
      AWS_LAMBDA_MAX_CONCURRENCY: '2',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'lambda-managed-instances',
    });
    // There is one environment for both.
    expect(one.env).not.toHaveProperty('_X_AMZN_TRACE_ID');
  });

  it('serves the others when one has timed out, which goes on and is not heard any more', async () => {
    const fn = start('slow', { capacity: 2, timeoutMs: 1_000 });
    const late = fn.invoke('{"ms":1500}');
    expect((await fn.invoke('{"ms":0}')).kind).toBe('success');
    expect(errorOf(await late)).toMatchObject({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/Error: Task timed out after 1\.00 seconds$/),
    });
    let heard = 1;
    const unheard = async () => payloadOf(await fn.invoke('{"ms":0}')).calls - ++heard;
    await expect.poll(unheard).toBe(1);
    expect(fn.state()).toMatchObject({ timeouts: 1, errors: 1, coldStarts: 1 });
  });

  it('fails all of them when it dies, those too that it was given while it was stopped', async () => {
    const fn = start('slow', { capacity: 3, concurrency: 1 });
    const invoke = () => fn.invoke('{"ms":60000}');
    const before = [invoke(), invoke()];
    const [sandbox] = fn.sandboxes();
    await expect.poll(() => sandbox?.invocations === 2 && sandbox.free).toBe(true);
    sandbox?.freeze();
    const all = [...before, invoke()];
    expect(statesOf(fn)).toEqual(['frozen']);
    expect((await invoke()).kind).toBe('throttled');
    sandbox?.kill();
    for (const result of await Promise.all(all)) {
      expect(errorOf(result).errorMessage).toMatch(/Runtime exited with error: signal: killed$/);
    }
  });
});

describe('the clock of a sandbox', () => {
  it('can be ahead of the others, for the handler and its deadline alike', async () => {
    const fn = start('clock');
    await fn.invoke('{}');
    const [sandbox] = fn.sandboxes();
    if (sandbox === undefined) throw new Error('expected a sandbox');
    for (const offset of [600_000, 0, 600_000]) {
      sandbox.clockOffsetMs = offset;
      const { now, constructed, remainingMs } = payloadOf(await fn.invoke('{}'));
      expect(Math.abs(now - Date.now() - offset)).toBeLessThan(60_000);
      expect(Math.abs(Date.parse(constructed) - now)).toBeLessThan(60_000);
      expect(remainingMs).toBeLessThanOrEqual(10_000);
      expect(remainingMs).toBeGreaterThan(0);
    }
  });
});
