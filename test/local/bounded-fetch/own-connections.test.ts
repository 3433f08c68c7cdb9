import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { boundedFetch, resilient } from '../../../lib/index.ts';
import { atEndOfTest } from '../../support/ends.ts';

/** A service that answers after 100 ms, or never. */
async function serve(answers: boolean): Promise<string> {
  const server = createServer((_request, response) => {
    if (answers) setTimeout(() => response.end('ok'), 100);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  atEndOfTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function callsTo(url: string, maxSockets: number) {
  const agent = new Agent({ keepAlive: true, maxSockets });
  atEndOfTest(() => agent.destroy());
  const policy = resilient<string>({ name: 'posts', attemptTimeoutMs: 250, breaker: { minimumCalls: 5 } });
  const call = () =>
    policy.outcome(async ({ signal }) =>
      (await boundedFetch(url, { signal: AbortSignal.any([signal]), agents: { http: agent } })).text(),
    );
  return { policy, call };
}

test('calls that time out while they wait for a connection of their own do not count against the service', async () => {
  const { policy, call } = callsTo(await serve(true), 5);

  const outcomes = await Promise.all(Array.from({ length: 40 }, call));

  const failed = outcomes.filter(({ source }) => source === 'none');
  expect(failed.length).toBeGreaterThan(10);
  expect(new Set(failed.map(({ error }) => (error as { code: string }).code))).toEqual(
    new Set(['ATTEMPT_TIMEOUT']),
  );
  expect(policy.breaker?.state).toBe('closed');
});

test('calls that time out while the service does not answer count, also where others wait for a connection', async () => {
  const { policy, call } = callsTo(await serve(false), 5);

  await Promise.all(Array.from({ length: 40 }, call));

  expect(policy.breaker?.state).toBe('open');
});
