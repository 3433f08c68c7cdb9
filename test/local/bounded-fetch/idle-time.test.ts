import { once } from 'node:events';
import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { FetchOptions } from '../../../lib/index.ts';
import { type FakeClock, fakeClock } from '../../../lib/testing/index.ts';
import { call, closed, ownAgents } from '../../support/bounded-fetch.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

const GET = {} as const;
const POST = { method: 'POST', body: 'x' } as const;

/** Whether a call uses the connection of the one before, after a pause in which the process was frozen. */
async function reuses(
  headers: readonly string[],
  pass: (clock: FakeClock) => unknown,
  options: Partial<FetchOptions>,
): Promise<boolean> {
  const server = await wireServer((socket) => socket.write(wireAnswer(200, '', headers)));
  const agents = ownAgents();
  const clock = fakeClock();
  await call(server.url, { agents, clock });
  await pass(clock);
  await call(server.url, { ...options, agents });

  expect(server.requests).toHaveLength(2);
  if (server.connections.length === 2) await closed(server.connections[0]);
  return server.connections.length === 1;
}

const frozen = (ms: number) => (clock: FakeClock) => clock.freeze(ms);

describe('an idle connection', () => {
  it.each<[string, Partial<FetchOptions>]>([
    ['Keep-Alive: timeout=5', GET],
    ['Keep-Alive: timeout=5', POST],
    ['Keep-Alive: max=100, Timeout=5', POST],
    ['keep-alive: timeout=5;max=100', POST],
  ])('that announces %j is used until a second before its time is over, for %j', async (header, options) => {
    expect(await reuses([header], frozen(3_999), options)).toBe(true);
    expect(await reuses([header], frozen(4_000), options)).toBe(false);
  });

  it('that announces a long time is used that long, for a POST too', async () => {
    expect(await reuses(['Keep-Alive: timeout=60'], frozen(58_999), POST)).toBe(true);
    expect(await reuses(['Keep-Alive: timeout=60'], frozen(59_000), POST)).toBe(false);
  });

  it.each(['timeout=0', 'timeout=1'])('that announces %s is not used again', async (hint) => {
    expect(await reuses([`Keep-Alive: ${hint}`], frozen(0), GET)).toBe(false);
  });

  it.each<[string, readonly string[]]>([
    ['nothing', []],
    ['no time', ['Keep-Alive: max=100']],
    ['no number', ['Keep-Alive: timeout=soon']],
  ])('that announces %s is used for 4 s by a request that may not be sent twice', async (_, headers) => {
    expect(await reuses(headers, frozen(3_999), POST)).toBe(true);
    expect(await reuses(headers, frozen(4_000), POST)).toBe(false);
    expect(await reuses(headers, frozen(4_000), { idempotent: false })).toBe(false);
  });

  it('that announces nothing is used after an hour by a request that may be sent twice', async () => {
    expect(await reuses([], frozen(3_600_000), GET)).toBe(true);
    expect(await reuses([], frozen(3_600_000), { ...POST, idempotent: true })).toBe(true);
  });

  it('counts as idle as long as the wall clock says, where a freeze stopped the monotonic clock', async () => {
    expect(await reuses([], (clock) => clock.jump(4_000), POST)).toBe(false);
  });

  it('counts as idle as long as the monotonic clock says, where the wall clock was set back', async () => {
    const pass = async (clock: FakeClock) => {
      clock.jump(-86_400_000);
      await clock.freeze(4_000);
    };

    expect(await reuses([], pass, POST)).toBe(false);
    expect(await reuses([], (clock) => clock.jump(-86_400_000), POST)).toBe(true);
  });

  it.each(['Connection: close', 'Connection: keep-alive, Close'])(
    'is not kept when the response says %s',
    async (header) => {
      expect(await reuses([header], frozen(0), GET)).toBe(false);
    },
  );

  it('is used by a POST where its last request was not made by boundedFetch', async () => {
    const server = await wireServer((socket) => socket.write(wireAnswer(200, '')));
    const agents = ownAgents();
    const other = get(server.url, { agent: agents.http });
    const [response] = await once(other, 'response');
    response.resume();
    await once(other, 'close');

    await call(server.url, { ...POST, agents });

    expect(server.connections).toHaveLength(1);
  });

  it('is replaced once by a call that finds several whose time is over', async () => {
    const held: (() => void)[] = [];
    const server = await wireServer((socket) => {
      held.push(() => socket.write(wireAnswer(200, '')));
      if (held.length >= 3) for (const answer of held) answer();
    });
    const agents = ownAgents();
    const clock = fakeClock();
    await Promise.all([1, 2, 3].map(() => call(server.url, { agents, clock })));
    await clock.freeze(4_000);

    await call(server.url, { ...POST, agents, clock });

    expect(server.connections).toHaveLength(4);
    await Promise.all(server.connections.slice(0, 3).map(closed));
  });
});
