import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Api, apiOf } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';

const APP = fileURLToPath(new URL('../cdk/events-app', import.meta.url));

let run: StartedRun;
let api: Api;
beforeAll(async () => {
  run = await startRun(['--dynamodb', 'dynalite', '--concurrency-per-sandbox', '4'], {}, APP);
  api = apiOf(run.url);
});
afterAll(() => run?.stop());
afterEach(() => set({ freeze: true, maxConcurrencyPerSandbox: 1 }));

interface View {
  readonly function: string;
  readonly pid: number;
  readonly state: string;
}

const send = (method: string, path: string, body?: unknown) =>
  api.get(`/_fibrin/sandboxes${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const set = (settings: unknown) => send('PUT', '', settings);
const sandboxesOf = async (name: string): Promise<readonly View[]> => {
  const { sandboxes } = (await (await send('GET', '')).json()) as { sandboxes: View[] };
  return sandboxes.filter((sandbox) => sandbox.function === name);
};
const who = async (ms = 0) =>
  (await (await api.get(`/who?ms=${ms}`)).json()) as { pid: number; now: number; atOnce: number };
const statesOf = async () => new Set((await sandboxesOf('Who')).map(({ state }) => state));

/** Four invocations at once, once there is a sandbox. */
const whoAtOnce = async () => {
  await who();
  const served = await Promise.all(Array.from({ length: 4 }, () => who(300)));
  return {
    sandboxes: new Set(served.map(({ pid }) => pid)).size,
    atOnce: Math.max(...served.map(({ atOnce }) => atOnce)),
  };
};

describe('the sandboxes', () => {
  it('serve as many invocations at once as the command says', async () => {
    expect(await whoAtOnce()).toEqual({ sandboxes: 1, atOnce: 4 });
  });

  it('are frozen between invocations, and not when that is switched off', async () => {
    await who();
    await eventually(statesOf).toEqual(new Set(['frozen']));
    await set({ freeze: false });
    await eventually(statesOf).toEqual(new Set(['idle']));
    await who();
    expect(await statesOf()).toEqual(new Set(['idle']));
  });

  it('can be frozen in the middle of an invocation, which goes on when they are thawed', async () => {
    const { pid } = await who();
    const running = who(200);
    await eventually(statesOf).toEqual(new Set(['busy']));
    await send('PUT', `/${pid}`, { frozen: true });
    expect(await statesOf()).toEqual(new Set(['frozen']));
    await send('PUT', `/${pid}`, { frozen: false });
    expect((await running).pid).toBe(pid);
  });

  it('have clocks that can be put ahead, one by one', async () => {
    const { pid } = await who();
    await send('PUT', `/${pid}`, { clockOffsetMs: 600_000 });
    const ahead = await who();
    expect(ahead.pid).toBe(pid);
    expect(ahead.now - Date.now()).toBeGreaterThan(500_000);
    await send('PUT', `/${pid}`, { clockOffsetMs: 0 });
    expect((await who()).now - Date.now()).toBeLessThan(60_000);
  });

  it('can be killed, one or all, and the next request gets a new one', async () => {
    const first = await who();
    await send('DELETE', `/${first.pid}`);
    const second = await who();
    expect(second.pid).not.toBe(first.pid);
    await send('DELETE', '');
    expect((await who()).pid).not.toBe(second.pid);
  });

  it('serve several invocations at once where they are told to', async () => {
    await set({ maxConcurrencyPerSandbox: 4 });
    expect(await whoAtOnce()).toEqual({ sandboxes: 1, atOnce: 4 });
  });

  it('lose their idle sockets when the servers close them, and nobody notices', async () => {
    await who();
    expect((await send('DELETE', '/idle-sockets')).status).toBe(200);
    expect((await api.get('/who')).status).toBe(200);
  });

  it.each([
    ['PUT', '', { freeze: 'yes' }, 400, /`freeze` to be true or false, got "yes"/],
    ['PUT', '', { maxConcurrencyPerSandbox: 0 }, 400, /integer from 1 to 64, got 0/],
    ['PUT', '', { colour: 'red' }, 400, /unknown option `colour`/],
    ['PUT', '', [1], 400, /unknown option/],
    ['PUT', '', null, 400, /expected an options object/],
    ['PUT', '/1', { frozen: true }, 404, /no sandbox 1/],
    ['DELETE', '/abc', undefined, 404, /no sandbox NaN/],
  ])('refuse what they cannot do: %s %s %j', async (method, path, body, status, reason) => {
    const response = await send(method, path, body);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { detail: string }).detail).toMatch(reason);
  });
});
