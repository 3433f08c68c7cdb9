import { describe, expect, it } from 'vitest';
import { createBuses } from '../../lib/local/events/bus.ts';
import type { RuleModel } from '../../lib/local/events/model.ts';
import type { Message } from '../../lib/local/handover.ts';
import { startRuleSchedule } from '../../lib/local/scheduler/rule-schedule.ts';
import { fakeClock, seededRandom } from '../../lib/testing/index.ts';

const RULE = 'arn:aws:events:eu-west-1:000000000000:rule/nightly';
const TARGET = {
  id: 'T',
  arn: 'arn:aws:lambda:eu-west-1:000000000000:function:target',
  maximumRetryAttempts: 185,
  maximumEventAgeSeconds: 86_400,
};

function setUp(schedule: string, more: Partial<RuleModel> = {}) {
  const platform = fakeClock(Date.parse('2026-06-01T00:00:30.250Z'));
  const sent: Message[] = [];
  const rule: RuleModel = {
    ...{ name: 'nightly', arn: RULE, busName: 'default', enabled: true, pattern: undefined, schedule },
    targets: [TARGET],
    ...more,
  };
  const buses = createBuses({
    ...{ buses: [], rules: [rule], platform, clock: platform, random: seededRandom(1) },
    ...{ region: 'eu-west-1', account: '000000000000' },
    async dispatch(_arn, message) {
      sent.push(message);
      return { kind: 'accepted' };
    },
  });
  const running = startRuleSchedule(rule, schedule, { platform, fire: buses.fire });
  const events = () => sent.map(({ body }) => JSON.parse(body) as { time: string });
  return { platform, buses, running, sent, events, times: () => events().map(({ time }) => time) };
}

describe('a rule with a schedule', () => {
  it("sends EventBridge's event to its targets, a rate for the first time a period after it was created", async () => {
    const { platform, running, events, times } = setUp('rate(5 minutes)');
    await platform.advance(600_000);
    expect(times()).toEqual(['2026-06-01T00:05:30Z', '2026-06-01T00:10:30Z']);
    expect(events()[0]).toEqual({
      version: '0',
      id: 'token-1-1',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      time: '2026-06-01T00:05:30Z',
      region: 'eu-west-1',
      resources: [RULE],
      detail: {},
    });
    expect(running.state()).toEqual({
      name: 'nightly',
      state: 'ENABLED',
      expression: 'rate(5 minutes)',
      timezone: 'UTC',
      next: '2026-06-01T00:15:30.250Z',
      runs: 2,
    });
  });

  it('follows a cron expression in UTC', async () => {
    const { platform, times } = setUp('cron(0 10 * * ? *)');
    await platform.advance(2 * 86_400_000);
    expect(times()).toEqual(['2026-06-01T10:00:00Z', '2026-06-02T10:00:00Z']);
  });

  it('gives each target the input that the rule has for it', async () => {
    const { platform, sent } = setUp('rate(1 minute)', { targets: [{ ...TARGET, input: '{"warm":true}' }] });
    await platform.advance(60_000);
    expect(sent.map(({ body }) => body)).toEqual(['{"warm":true}']);
  });

  it('takes no event of its bus without a pattern, and with one runs for both', async () => {
    const event = { Source: 'shop', DetailType: 'Placed', Detail: '{}' };
    const scheduled = setUp('rate(1 minute)');
    scheduled.buses.put([event]);
    await scheduled.platform.advance(1);
    expect(scheduled.events()).toEqual([]);
    const both = setUp('rate(1 minute)', { pattern: { source: ['shop'] } });
    both.buses.put([event]);
    await both.platform.advance(60_000);
    expect(both.events()).toMatchObject([{ source: 'shop' }, { source: 'aws.events' }]);
  });

  it('does not run while it is disabled, nor when it was stopped', async () => {
    const disabled = setUp('rate(1 minute)', { enabled: false });
    const stopped = setUp('rate(1 minute)');
    stopped.running.stop();
    await disabled.platform.advance(120_000);
    await stopped.platform.advance(120_000);
    expect(disabled.events()).toEqual([]);
    expect(disabled.running.state()).toMatchObject({ state: 'DISABLED', next: undefined });
    expect(stopped.events()).toEqual([]);
  });

  it.each([
    ['at(2026-06-01T10:00:00)', /^rule nightly: at\(.*\) is for EventBridge Scheduler; a rule takes rate/],
    ['rate(1 minutes)', /^rule nightly: Schedule expression "rate\(1 minutes\)": expected/],
    ['hourly', /^rule nightly: Schedule expression "hourly": expected/],
  ])('is refused for %s', (expression, reason) => {
    expect(() => setUp(expression)).toThrow(reason);
  });
});
