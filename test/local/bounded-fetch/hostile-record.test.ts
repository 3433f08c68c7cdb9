import { describe, expect, it } from 'vitest';
import { circuitBreaker } from '../../../lib/breaker/local.ts';
import type { CircuitBreakerOptions } from '../../../lib/breaker/options.ts';
import type { CircuitBreaker } from '../../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../../lib/breaker/shared.ts';
import {
  boundedFetch,
  FibrinError,
  hasCode,
  isFibrinError,
  type Layer,
  type ResilientOptions,
  resilient,
} from '../../../lib/index.ts';
import { memoryStore } from '../../../lib/store/memory.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../../lib/testing/index.ts';
import { wireAnswer, wireServer } from '../../support/wire.ts';

/*
 * One client calls for its own record at twice the rate of all others, and makes sure that it is answered as no client takes
 * it. What that says is about the record, not about the service.
 */

/** Calls of 30 seconds: three windows of the breakers. */
const CALLS = 300;
const CALL_MS = 100;
/** So that failures of two calls in three are more than enough at so low a rate. */
const failureRatio = 0.3;
const MAX_BYTES = 1_000;

const ANSWERS = {
  'is longer than maxBytes': wireAnswer(200, 'x'.repeat(MAX_BYTES + 1)),
  'is longer than maxBytes, and does not say so before': `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1_001)}\r\n0\r\n\r\n`,
  'has an encoding that is not supported': wireAnswer(200, 'x', ['content-encoding: br']),
  'has more headers than Node takes': wireAnswer(200, 'x', [`x-note: ${'y'.repeat(20_000)}`]),
} as const;

type Given = Pick<CircuitBreakerOptions, 'isFailure'>;
type MakeBreaker = (clock: FakeClock, given?: Given) => CircuitBreaker;
const BREAKERS: Readonly<Record<string, MakeBreaker>> = {
  'the breaker of this environment': (clock, given) =>
    circuitBreaker({ name: 'records', failureRatio, clock, ...given }),
  'a shared breaker': (clock, given) =>
    sharedBreaker({
      ...{ name: 'records', failureRatio, store: memoryStore(), clock, random: seededRandom(1) },
      ...given,
    }),
};

interface Ended {
  readonly honestlyServed: number;
  readonly state: string;
}

/** Two of three calls are for the hostile record. */
async function callsFor(
  makeBreaker: MakeBreaker,
  hostile: string,
  given: Partial<ResilientOptions<string>> & Given = {},
): Promise<Ended> {
  const { isFailure, ...more } = given;
  const server = await wireServer((socket, { text }) =>
    socket.write(text.startsWith('GET /hostile ') ? hostile : wireAnswer(200, 'mine')),
  );
  const clock = fakeClock();
  const breaker = makeBreaker(clock, isFailure && { isFailure });
  const records = resilient<string>({ name: 'records', clock, breaker, ...more });
  const read = (key: string) =>
    records.outcome(async ({ signal }) =>
      (await boundedFetch(`${server.url}/${key}`, { signal, maxBytes: MAX_BYTES })).text(),
    );
  let honestlyServed = 0;
  for (let call = 0; call < CALLS; call++) {
    const { value } = await read(call % 3 === 2 ? 'mine' : 'hostile');
    if (value === 'mine') honestlyServed++;
    await clock.advance(CALL_MS);
  }
  return { honestlyServed, state: breaker.state };
}

describe.each(Object.entries(BREAKERS))('%s', (_name, makeBreaker) => {
  it.each(Object.entries(ANSWERS))('stays closed for a record whose answer %s', async (_what, hostile) => {
    expect(await callsFor(makeBreaker, hostile)).toEqual({ honestlyServed: CALLS / 3, state: 'closed' });
  });

  it('opens for a record whose answer is an error of the service', async () => {
    const { honestlyServed } = await callsFor(makeBreaker, wireAnswer(503, ''));
    expect(honestlyServed).toBeLessThan(CALLS / 6);
  });

  const isValid = (value: string) => value === 'mine';
  const invalid = wireAnswer(200, 'not mine');

  it('opens for a record that is invalid, where the policy validates it', async () => {
    const { honestlyServed } = await callsFor(makeBreaker, invalid, { validate: isValid });
    expect(honestlyServed).toBeLessThan(CALLS / 6);
  });

  it('stays closed for a record that is invalid, where a layer outside of it validates it', async () => {
    const layer: Layer<string> = (next) => async (execution) => {
      const value = await next(execution);
      if (!isValid(value)) throw new FibrinError('INVALID_RECORD', 'The record is invalid', { status: 502 });
      return value;
    };
    const given = { layers: [{ before: 'retry', layer } as const] };
    expect(await callsFor(makeBreaker, invalid, given)).toEqual({
      honestlyServed: CALLS / 3,
      state: 'closed',
    });
  });

  describe('whose isFailure leaves out invalid values', () => {
    const isFailure = (error: unknown) =>
      isFibrinError(error) && error.retryable && !hasCode(error, 'INVALID_ANSWER');
    const given = { validate: isValid, isFailure };

    it.each([
      ['is invalid', invalid],
      ['does not exist', wireAnswer(404, '')],
    ])('stays closed for a record that %s', async (_what, hostile) => {
      expect(await callsFor(makeBreaker, hostile, given)).toEqual({
        honestlyServed: CALLS / 3,
        state: 'closed',
      });
    });

    it('opens for errors of the service', async () => {
      const { honestlyServed } = await callsFor(makeBreaker, wireAnswer(503, ''), given);
      expect(honestlyServed).toBeLessThan(CALLS / 6);
    });
  });
});
