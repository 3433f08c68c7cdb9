import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { CircuitBreaker } from '../../../lib/breaker/permit.ts';
import { boundedFetch, resilient, systemClock } from '../../../lib/index.ts';
import { atEndOfTest } from '../../support/ends.ts';
import { recordingBreaker } from '../../support/recording-breaker.ts';

/** A service that answers after 400 ms, or never. */
async function serve(answers: boolean): Promise<string> {
  const server = createServer((_request, response) => {
    if (answers) setTimeout(() => response.end('ok'), 400);
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
  const policy = resilient<string>({
    name: 'posts',
    // Two and a half answers: a busy machine has 200 ms to spare.
    attemptTimeoutMs: 1_000,
    breaker: { minimumCalls: 5, failureRatio: 0.3 },
  });
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

type Request = (signal: AbortSignal) => Promise<string>;
type CallUnder = (breaker: CircuitBreaker, request: Request) => Promise<unknown>;

const policyUnder = (breaker: CircuitBreaker, attemptTimeoutMs?: number) =>
  resilient<string>({ name: 'posts', breaker, ...(attemptTimeoutMs && { attemptTimeoutMs }) });

/** Ways in which the time of a call ends, each of them after `slowCallMs`. */
const ENDS: readonly (readonly [string, CallUnder])[] = [
  [
    "the policy's own limit",
    (breaker, request) => policyUnder(breaker, 60).outcome(({ signal }) => request(signal)),
  ],
  [
    "the caller's limit",
    (breaker, request) => policyUnder(breaker).outcome(({ signal }) => request(signal), { remainingMs: 60 }),
  ],
  [
    "the caller's signal",
    (breaker, request) =>
      policyUnder(breaker).outcome(({ signal }) => request(signal), { signal: AbortSignal.timeout(60) }),
  ],
  [
    "the request's own signal",
    (breaker, request) =>
      breaker.execute(() => request(AbortSignal.timeout(60))).catch((error: unknown) => error),
  ],
  [
    'the limit of a policy within the call',
    (breaker, request) => {
      const inner = resilient<string>({ name: 'inner', attemptTimeoutMs: 60 });
      return policyUnder(breaker).outcome((context) =>
        inner.execute(({ signal }) => request(signal), context),
      );
    },
  ],
];

test.each(ENDS)(
  'a call that waits for a connection of its own is not counted, slow or not, when this ends it: %s',
  async (_what, call) => {
    const url = await serve(false);
    const agents = { http: new Agent({ keepAlive: true, maxSockets: 1 }) };
    atEndOfTest(() => agents.http.destroy());
    const request = async (signal: AbortSignal) => (await boundedFetch(url, { signal, agents })).text();
    const holder = new AbortController();
    const held = request(holder.signal).catch((error: unknown) => error);
    const { breaker, recorded } = recordingBreaker(systemClock, { slowCallMs: 20 });

    await call(breaker, request);

    expect(recorded).toEqual(['released']);
    holder.abort('done');
    expect(await held).toBe('done');
  },
);
