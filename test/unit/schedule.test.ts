import { describe, expect, it } from 'vitest';
import type { Handover, Message } from '../../lib/local/handover.ts';
import { type ScheduleModel, startSchedule } from '../../lib/local/scheduler/schedule.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';

const TARGET = 'arn:aws:lambda:eu-west-1:000000000000:function:target';
const SCHEDULE = 'arn:aws:scheduler:eu-west-1:000000000000:schedule/default/nightly';
const DEAD = 'arn:aws:sqs:eu-west-1:000000000000:dead';
const START = Date.parse('2026-06-01T00:00:00.250Z');
const busy: Handover = { kind: 'refused', code: 'Throttled', message: 'too many', retryable: true };
const gone: Handover = { kind: 'refused', code: 'NotFound', message: 'no function', retryable: false };
const accepted: Handover = { kind: 'accepted' };

function setUp(
  model: Partial<ScheduleModel> = {},
  answer: (arn: string) => Handover = () => accepted,
  longestTimerMs: number = Number.POSITIVE_INFINITY,
) {
  const platform = fakeClock(START);
  const sent: { arn: string; message: Message; at: string }[] = [];
  let tokens = 0;
  const schedule = startSchedule(
    {
      name: 'nightly',
      arn: SCHEDULE,
      expression: 'rate(5 minutes)',
      timezone: 'UTC',
      state: 'ENABLED',
      targetArn: TARGET,
      input: '{"run":true}',
      maximumRetryAttempts: 185,
      maximumEventAgeSeconds: 86_400,
      ...model,
    },
    {
      platform: {
        now: platform.now,
        monotonic: platform.monotonic,
        after: (delayMs, run) => platform.after(Math.min(delayMs, longestTimerMs), run),
      },
      random: {
        next: () => 1 - Number.EPSILON,
        token: () => `d32c5kdd-cf5b-b8c3-0000-${String(++tokens).padStart(12, '0')}`,
      },
      async dispatch(arn, message) {
        sent.push({ arn, message, at: new Date(platform.now()).toISOString().slice(11, 19) });
        return answer(arn);
      },
    },
  );
  return { platform, schedule, sent, times: () => sent.map(({ at }) => at) };
}

describe('startSchedule', () => {
  it('runs a rate without a start at once and every period from then on', async () => {
    const { platform, schedule, times } = setUp();
    await platform.advance(600_000);
    expect(times()).toEqual(['00:00:00', '00:05:00', '00:10:00']);
    expect(schedule.state()).toMatchObject({ runs: 3, delivered: 3, next: '2026-06-01T00:15:00.250Z' });
  });

  it('lines a rate up with its start date, which counts in', async () => {
    const past = setUp({ startDate: '2026-05-31T23:58:00Z' });
    await past.platform.advance(600_000);
    expect(past.times()).toEqual(['00:03:00', '00:08:00']);
    const future = setUp({ startDate: '2026-06-01T00:02:00.000' });
    await future.platform.advance(600_000);
    expect(future.times()).toEqual(['00:02:00', '00:07:00']);
  });

  it('runs a cron expression within its start and end, the end not counted in', async () => {
    const { platform, schedule, times } = setUp({
      expression: 'cron(0/10 * * * ? *)',
      startDate: '2026-06-01T00:20:00Z',
      endDate: '2026-06-01T00:40:00Z',
    });
    await platform.advance(7_200_000);
    expect(times()).toEqual(['00:20:00', '00:30:00']);
    expect(schedule.state().next).toBeUndefined();
    expect(platform.pending).toBe(0);
  });

  it('runs a one-time schedule once, whatever its dates say', async () => {
    const { platform, times } = setUp({
      expression: 'at(2026-06-01T02:30:00)',
      timezone: 'Europe/Berlin',
      endDate: '2026-05-01T00:00:00Z',
    });
    await platform.advance(7_200_000);
    expect(times()).toEqual(['00:30:00']);
    expect(platform.pending).toBe(0);
  });

  it('does nothing while it is disabled', async () => {
    const { platform, schedule, sent } = setUp({ state: 'DISABLED' });
    await platform.advance(600_000);
    expect(sent).toEqual([]);
    expect(schedule.state()).toMatchObject({ state: 'DISABLED', next: undefined, runs: 0 });
    expect(platform.pending).toBe(0);
  });

  it('refuses what AWS refuses, even while it is disabled', () => {
    expect(() => setUp({ state: 'DISABLED', expression: 'rate(1 minutes)' })).toThrow('rate(1 minutes)');
    expect(() => setUp({ timezone: 'Mars/Olympus' })).toThrow('Mars/Olympus');
    expect(() => setUp({ startDate: 'tomorrow' })).toThrow('start date');
  });

  it('waits again when a timer fires before its time', async () => {
    // As the system clock does, which holds no more than 2 ** 31 - 1 ms: about 25 days.
    const { platform, times } = setUp({ expression: 'cron(0 0 1 8 ? *)' }, undefined, 2 ** 31 - 1);
    await platform.advance(60 * 86_400_000);
    expect(times()).toEqual([]);
    await platform.advance(86_400_000);
    expect(times()).toEqual(['00:00:00']);
  });

  it('fills in the context attributes, anew for each attempt', async () => {
    let left = 1;
    const { platform, sent } = setUp(
      {
        expression: 'at(2026-06-01T00:00:30)',
        input:
          '{"arn":"<aws.scheduler.schedule-arn>","at":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>","n":<aws.scheduler.attempt-number>,"again":"<aws.scheduler.attempt-number>","other":"<aws.scheduler.unknown>"}',
      },
      () => (left-- > 0 ? busy : accepted),
    );
    await platform.advance(60_000);
    const expected = { arn: SCHEDULE, at: '2026-06-01T00:00:30Z', other: '<aws.scheduler.unknown>' };
    expect(sent.map(({ message }) => JSON.parse(message.body))).toEqual([
      { ...expected, id: 'd32c5kddcf5bb8c3', n: 1, again: '1' },
      { ...expected, id: 'd32c5kddcf5bb8c3', n: 2, again: '2' },
    ]);
  });

  it('retries what may succeed later and then hands the input to the dead-letter queue', async () => {
    const { platform, schedule, sent } = setUp(
      { expression: 'at(2026-06-01T00:00:30)', maximumRetryAttempts: 2, deadLetterQueue: DEAD },
      (arn) => (arn === DEAD ? accepted : busy),
    );
    await platform.advance(60_000);
    expect(sent.map(({ arn, at }) => [arn, at])).toEqual([
      [TARGET, '00:00:30'],
      [TARGET, '00:00:31'],
      [TARGET, '00:00:33'],
      [DEAD, '00:00:33'],
    ]);
    expect(sent.at(-1)?.message).toEqual({
      body: '{"run":true}',
      attributes: {
        ERROR_CODE: 'Throttled',
        ERROR_MESSAGE: 'too many',
        EXECUTION_ID: 'd32c5kddcf5bb8c3',
        EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
        IS_PAYLOAD_TRUNCATED: 'false',
        RETRY_ATTEMPTS: '2',
        SCHEDULED_TIME: '2026-06-01T00:00:30Z',
        SCHEDULE_ARN: SCHEDULE,
        TARGET_ARN: TARGET,
      },
    });
    expect(schedule.state()).toMatchObject({ runs: 1, retries: 2, deadLettered: 1, delivered: 0 });
  });

  it('hands a refusal that no retry can help to the dead-letter queue at once', async () => {
    const { platform, sent } = setUp({ deadLetterQueue: DEAD }, (arn) => (arn === DEAD ? accepted : gone));
    await platform.advance(0);
    expect(sent.map(({ arn }) => arn)).toEqual([TARGET, DEAD]);
    expect(sent[1]?.message.attributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
  });

  it('keeps the reason when the dead-letter queue refuses too', async () => {
    const { platform, schedule } = setUp({ deadLetterQueue: DEAD }, () => gone);
    await platform.advance(0);
    expect(schedule.state()).toMatchObject({
      dropped: 1,
      lastFailure: `${TARGET}: NotFound: no function; ${DEAD}: NotFound: no function`,
    });
  });

  it('goes on with its times while an earlier run is being retried', async () => {
    const { platform, schedule } = setUp({ expression: 'rate(1 minute)' }, () => busy);
    await platform.advance(150_000);
    expect(schedule.state()).toMatchObject({ runs: 3, delivered: 0 });
  });

  it('leaves no timer after it was stopped, neither its own nor one of a retry', async () => {
    const { platform, schedule, sent } = setUp({}, () => busy);
    await platform.advance(0);
    expect(platform.pending).toBe(2);
    schedule.stop();
    await settle();
    expect(platform.pending).toBe(0);
    const before = sent.length;
    await platform.advance(3_600_000);
    expect(sent).toHaveLength(before);
  });
});
