import { describe, expect, test, vi } from 'vitest';
import { type BusEvent, profileConsumer } from '../../functions/shared/profile-consumer.ts';
import {
  type ProfileChanged,
  profileEvents,
  readProfileEvent,
} from '../../functions/shared/profile-event.ts';
import { correlated } from '../../lib/telemetry/correlation.ts';
import { withCorrelation } from '../../lib/telemetry/with-correlation.ts';
import { fakeClock, type LambdaContext, lambdaContext } from '../../lib/testing/index.ts';
import { readEmf } from '../support/emf.ts';

const DAY_MS = 86_400_000;
const user = { id: '7', name: 'Ada Byron', email: 'ada@example.com', version: 3 };

type Act = (change: ProfileChanged, event: BusEvent, signal: AbortSignal) => Promise<unknown>;

/** A consumer of an event that a request caused just now, and what comes of it. */
function consumerOf(act: Act) {
  const clock = fakeClock();
  const lines: string[] = [];
  const logged: Record<string, unknown>[] = [];
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void logged.push(JSON.parse(line)));
  const [detail] = profileEvents(user, undefined, { now: clock.now(), correlationId: 'request-7' });
  if (detail === undefined) throw new Error('expected an event');
  const options = {
    type: 'profile.updated',
    name: 'test',
    clock,
    write: (line: string) => void lines.push(line),
  } as const;
  const event: BusEvent = { detail, time: detail.time };
  const record = { messageId: 'm', body: JSON.stringify(event) };
  const context = (): LambdaContext => lambdaContext({ remainingMs: 10_000, clock });
  const ofBus = withCorrelation(
    {},
    profileConsumer({ ...options, eventOf: (given: BusEvent) => given }, act),
  );
  const ofQueue = correlated(
    profileConsumer({ ...options, eventOf: ({ body }: typeof record) => JSON.parse(body) }, act),
  );
  return {
    clock,
    logged,
    context,
    metrics: () => lines.map(readEmf),
    deliver: {
      bus: () => ofBus(event, context()),
      queue: () => ofQueue(record, context()),
    },
    deliverBody: (body: string) => ofQueue({ ...record, body }, context()),
  };
}

const SOURCES = ['bus', 'queue'] as const;

describe.each(SOURCES)('a consumer of changed profiles on a %s', (source) => {
  test('acts on the change and logs it under the correlation id of the request that made it', async () => {
    const act = vi.fn<Act>(async () => undefined);
    const { deliver, logged } = consumerOf(act);

    await deliver[source]();

    expect(act.mock.calls[0]?.[0]).toEqual({ id: '7', name: 'Ada Byron', version: 3 });
    expect(logged).toEqual([
      {
        level: 'INFO',
        message: 'A changed profile was consumed',
        consumer: 'test',
        ageMs: 0,
        correlationId: 'request-7',
      },
    ]);
  });

  test('acts on it for seven days, and then drops it: logged, counted and not failed', async () => {
    const act = vi.fn<Act>(async () => undefined);
    const { deliver, clock, logged, metrics } = consumerOf(act);
    await clock.advance(7 * DAY_MS - 1_000);
    await deliver[source]();
    expect(act).toHaveBeenCalledTimes(1);

    await clock.advance(1_000);
    await deliver[source]();

    expect(act).toHaveBeenCalledTimes(1);
    expect(logged.at(-1)).toEqual({
      level: 'WARN',
      message: 'An expired event was dropped',
      consumer: 'test',
      ageMs: 7 * DAY_MS,
      correlationId: 'request-7',
    });
    expect(metrics()).toMatchObject([{ dimensions: { consumer: 'test' }, metrics: { ExpiredEvents: 1 } }]);
  });

  test('fails before the time of its function is over, and aborts what it does', async () => {
    let aborted = false;
    const { deliver, clock, logged } = consumerOf(
      (_change, _event, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          });
        }),
    );

    const delivered = expect(deliver[source]()).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await clock.advance(9_600);
    await delivered;

    expect(aborted).toBe(true);
    expect(logged).toMatchObject([{ level: 'ERROR', code: 'DEADLINE_EXCEEDED', correlationId: 'request-7' }]);
  });

  test('stops acting when the event expires meanwhile', async () => {
    const { deliver, clock } = consumerOf(() => new Promise(() => undefined));
    await clock.advance(7 * DAY_MS - 2_000);

    const delivered = expect(deliver[source]()).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await clock.advance(2_000);
    await delivered;
  });

  test('hands on what it fails with, and logs names and codes of it only', async () => {
    const failure = Object.assign(new Error('ada@example.com'), { name: 'Throttled', code: 'E_SLOW' });
    const { deliver, logged } = consumerOf(() => Promise.reject(failure));

    await expect(deliver[source]()).rejects.toBe(failure);

    expect(logged).toEqual([
      {
        level: 'ERROR',
        message: 'A changed profile was not consumed',
        consumer: 'test',
        error: 'Throttled',
        code: 'E_SLOW',
        correlationId: 'request-7',
      },
    ]);
  });
});

describe('a consumer of changed profiles', () => {
  test.each([
    ['no JSON', '{"name":"ada@example.com"', { error: 'SyntaxError' }],
    ['no envelope', '{"detail":{"name":"ada@example.com"}}', { code: 'BAD_ENVELOPE' }],
    [
      'another event',
      '{"detail":{"id":"1","type":"ada@example.com","time":"2026-01-01T00:00:00Z","data":{}}}',
      { code: 'BAD_EVENT' },
    ],
  ])('fails with a message that is %s, and quotes nothing of it', async (_, body, reason) => {
    const act = vi.fn<Act>(async () => undefined);
    const { deliverBody, logged } = consumerOf(act);

    await expect(deliverBody(body)).rejects.toThrow(Error);

    expect(act).not.toHaveBeenCalled();
    expect(logged).toMatchObject([{ level: 'ERROR', ...reason }]);
    expect(JSON.stringify(logged)).not.toContain('ada@');
  });
});

describe('the events of a changed profile', () => {
  const origin = { now: Date.UTC(2026, 2, 4), correlationId: 'request-7' };

  test('say with whose request they came about and until when they are acted on', () => {
    for (const { metadata } of profileEvents(user, undefined, origin))
      expect(metadata).toMatchObject({ correlationId: 'request-7', expiresAt: '2026-03-11T00:00:00.000Z' });
  });

  test('hold the e-mail address in the restricted one alone', () => {
    const events = profileEvents(user, 'ada@old.example', origin);

    expect(events.map(({ type, metadata }) => [type, metadata?.sensitivity])).toEqual([
      ['profile.updated', 'public'],
      ['profile.revised', undefined],
      ['profile.contact-changed', 'restricted'],
    ]);
    const withAddress = events.filter((event) => JSON.stringify(event).includes(user.email));
    expect(withAddress.map(({ type }) => type)).toEqual(['profile.contact-changed']);
  });

  test('say nothing of an address that is as before', () => {
    expect(profileEvents(user, user.email, origin).map(({ type }) => type)).toEqual([
      'profile.updated',
      'profile.revised',
    ]);
  });

  test('are refused by a consumer of another one', () => {
    for (const event of profileEvents(user, undefined, origin).slice(1))
      expect(() => readProfileEvent('profile.updated', event)).toThrow('The event is no profile.updated');
  });
});
