import { describe, expect, it } from 'vitest';
import { createBuses } from '../../lib/local/events/bus.ts';
import type { RuleModel, TargetModel } from '../../lib/local/events/model.ts';
import { compileRule } from '../../lib/local/events/rules.ts';
import type { Handover, Message } from '../../lib/local/handover.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';

const arnOf = (service: string, name: string) => `arn:aws:${service}:eu-west-1:000000000000:${name}`;
const QUEUE = arnOf('sqs', 'queue');
const DLQ = arnOf('sqs', 'dlq');
const BUSES = ['orders', 'audit', 'third'].map((name) => ({
  name,
  arn: arnOf('events', `event-bus/${name}`),
}));
const busArn = (name: string) => arnOf('events', `event-bus/${name}`);
const HOUR_MS = 3_600_000;

const target = (changes: Partial<TargetModel> = {}): TargetModel => ({
  id: 'T0',
  arn: QUEUE,
  maximumRetryAttempts: 185,
  maximumEventAgeSeconds: 86_400,
  ...changes,
});
const ruleOf = (changes: Partial<RuleModel> = {}): RuleModel => ({
  name: 'r',
  arn: arnOf('events', 'rule/r'),
  busName: 'default',
  enabled: true,
  pattern: { source: ['shop'] },
  targets: [target()],
  ...changes,
});
const entry = (changes: Record<string, unknown> = {}) => ({
  Source: 'shop',
  DetailType: 'Order Placed',
  Detail: '{"total":12}',
  ...changes,
});
const down: Handover = { kind: 'refused', code: 'THROTTLING', message: 'too much', retryable: true };
const gone: Handover = { kind: 'refused', code: 'NO_RESOURCE', message: 'no such queue', retryable: false };

/** Buses whose hand-overs are written down; a bus among the targets gets its events as it would. */
function start(rules: readonly RuleModel[], answers: (arn: string, attempt: number) => Handover | undefined) {
  const sent: { readonly arn: string; readonly message: Message }[] = [];
  const clock = fakeClock(Date.parse('2026-03-04T05:06:07.890Z'));
  const buses = createBuses({
    buses: BUSES,
    rules,
    dispatch: async (arn, message): Promise<Handover> => {
      sent.push({ arn, message });
      if (arn.includes(':event-bus/')) return buses.publish(arn, message);
      return answers(arn, sent.filter((each) => each.arn === arn).length) ?? { kind: 'accepted' };
    },
    platform: clock,
    clock,
    random: seededRandom(1),
    region: 'eu-west-1',
    account: '000000000000',
  });
  const targets = () => buses.state().rules.flatMap((each) => each.targets);
  return { buses, clock, sent, targets };
}
const well = () => undefined;

describe('PutEvents', () => {
  it('answers in the order of the entries and hands over those that are good', async () => {
    const { buses, sent } = start([ruleOf()], well);
    expect(buses.put([entry(), entry({ Detail: '[]' }), entry()])).toEqual({
      FailedEntryCount: 1,
      Entries: [
        { EventId: 'token-1-1' },
        { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
        { EventId: 'token-1-3' },
      ],
    });
    await settle();
    expect(sent.map(({ message }) => JSON.parse(message.body))).toEqual([
      expect.objectContaining({ id: 'token-1-1', time: '2026-03-04T05:06:07Z', detail: { total: 12 } }),
      expect.objectContaining({ id: 'token-1-3' }),
    ]);
  });

  it('publishes nothing of a request that is refused as a whole', async () => {
    const { buses, sent } = start([ruleOf()], well);
    expect(() => buses.put([entry(), entry({ Detail: 7 })])).toThrow('Expected `Detail`');
    await settle();
    expect(sent).toEqual([]);
    expect(buses.state().buses[0]).toMatchObject({ name: 'default', received: 0 });
  });

  it('loses the entries that a fault names', async () => {
    const { buses, sent } = start([ruleOf()], well);
    expect(buses.put([entry(), entry()], (index) => index === 0)).toEqual({
      FailedEntryCount: 1,
      Entries: [
        { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure' },
        { EventId: 'token-1-1' },
      ],
    });
    await settle();
    expect(sent).toHaveLength(1);
  });

  it('takes an event for a bus that is not there, as EventBridge does, and shows it', async () => {
    const { buses, sent } = start([ruleOf()], well);
    expect(buses.put([entry({ EventBusName: 'ordres' })])).toMatchObject({ FailedEntryCount: 0 });
    await settle();
    expect(sent).toEqual([]);
    expect(buses.state().buses).toContainEqual({ name: 'ordres', exists: false, received: 1, unmatched: 1 });
  });
});

describe('a rule', () => {
  it('gets the events of its own bus that its pattern matches', async () => {
    const { buses, sent, targets } = start(
      [
        ruleOf({ name: 'a', targets: [target({ arn: arnOf('sqs', 'a') })] }),
        ruleOf({ name: 'b', busName: 'orders', targets: [target({ arn: arnOf('sqs', 'b') })] }),
        ruleOf({ name: 'c', enabled: false, targets: [target({ arn: arnOf('sqs', 'c') })] }),
      ],
      well,
    );
    buses.put([entry(), entry({ EventBusName: busArn('orders') }), entry({ Source: 'other' })]);
    await settle();
    expect(sent.map(({ arn }) => arn)).toEqual([arnOf('sqs', 'a'), arnOf('sqs', 'b')]);
    expect(targets()).toMatchObject([{ delivered: 1, pending: 0 }, { delivered: 1 }, { delivered: 0 }]);
    const { buses: states, rules } = buses.state();
    expect(states.slice(0, 2)).toEqual([
      { name: 'default', exists: true, received: 2, unmatched: 1 },
      { name: 'orders', exists: true, received: 1, unmatched: 0 },
    ]);
    expect(rules.map(({ matched }) => matched)).toEqual([1, 1, 0]);
  });

  it('delivers to each target on its own, in the way that the target wants it', async () => {
    const { buses, sent, clock, targets } = start(
      [
        ruleOf({
          targets: [
            target({ arn: arnOf('sqs', 'slow') }),
            target({ id: 'T1', inputPath: '$.detail', messageGroupId: 'group' }),
          ],
        }),
      ],
      (arn, attempt) => (arn.endsWith('slow') && attempt < 3 ? down : undefined),
    );
    buses.put([entry()]);
    await settle();
    expect(sent[1]).toEqual({ arn: QUEUE, message: { body: '{"total":12}', messageGroupId: 'group' } });
    expect(targets()).toMatchObject([
      { id: 'T0', pending: 1, retries: 1, delivered: 0, lastError: 'THROTTLING: too much' },
      { id: 'T1', pending: 0, retries: 0, delivered: 1, lastError: undefined },
    ]);
    await clock.advance(HOUR_MS);
    expect(targets()).toMatchObject([{ pending: 0, retries: 2, delivered: 1 }, { delivered: 1 }]);
    expect(sent).toHaveLength(4);
  });

  it.each([
    ['a retry policy that is used up', down, '2', { EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts' }],
    ['an error that no retry helps', gone, '0', {}],
  ])('sends what met %s to the dead-letter queue, with what went wrong', async (_, answer, retries, more) => {
    const { buses, sent, clock, targets } = start(
      [ruleOf({ targets: [target({ maximumRetryAttempts: 2, deadLetterQueue: DLQ })] })],
      (arn) => (arn === QUEUE ? answer : undefined),
    );
    buses.put([entry()]);
    await clock.advance(HOUR_MS);
    const code = answer.kind === 'refused' ? answer.code : '';
    const last = sent.at(-1);
    expect(last?.arn).toBe(DLQ);
    expect(JSON.parse(last?.message.body ?? '')).toMatchObject({ id: 'token-1-1' });
    expect(last?.message.attributes).toEqual({
      RULE_ARN: arnOf('events', 'rule/r'),
      TARGET_ARN: QUEUE,
      ERROR_CODE: code,
      ERROR_MESSAGE: answer.kind === 'refused' ? answer.message : '',
      RETRY_ATTEMPTS: retries,
      ...more,
    });
    expect(targets()).toMatchObject([{ deadLettered: 1, dropped: 0, pending: 0, retries: Number(retries) }]);
  });

  it('drops what no target takes, and says what the dead-letter queue said', async () => {
    const { buses, targets } = start(
      [ruleOf({ targets: [target({ deadLetterQueue: DLQ }), target({ id: 'T1' })] })],
      () => gone,
    );
    buses.put([entry()]);
    await settle();
    expect(targets()).toMatchObject([
      {
        dropped: 1,
        lastError: 'NO_RESOURCE: no such queue; the dead-letter queue said NO_RESOURCE: no such queue',
      },
      { dropped: 1, lastError: 'NO_RESOURCE: no such queue' },
    ]);
  });

  it('gives up an input that is no JSON, and keeps the event in the dead-letter queue', async () => {
    const inputTransformer = { pathsMap: { note: '$.detail.note' }, template: '{"note":"<note>"}' };
    const { buses, sent } = start(
      [ruleOf({ targets: [target({ inputTransformer, deadLetterQueue: DLQ })] })],
      well,
    );
    buses.put([entry({ Detail: '{"note":"say \\"hi\\""}' })]);
    await settle();
    expect(sent.map(({ arn }) => arn)).toEqual([DLQ]);
    expect(sent[0]?.message.attributes).toMatchObject({ ERROR_CODE: 'INVALID_JSON', RETRY_ATTEMPTS: '0' });
    expect(JSON.parse(sent[0]?.message.body ?? '')).toMatchObject({ detail: { note: 'say "hi"' } });
  });

  it.each([
    [ruleOf({ pattern: { source: 'shop' } }), /^rule r: Event pattern is not valid/],
    [ruleOf({ pattern: undefined }), /^rule r: Event pattern is not valid/],
    [ruleOf({ targets: [target({ inputPath: 'id' })] }), /^rule r, InputPath of target T0/],
    [ruleOf({ targets: [target({ arn: busArn('audit'), input: '{}' })] }), /^rule r: Modifying the input/],
  ])('that EventBridge refuses is refused by its name', (model, message) => {
    expect(() => compileRule(model)).toThrow(message);
    expect(() => start([model], well)).toThrow(message);
  });

  it('needs its bus', () => {
    expect(() => start([ruleOf({ busName: 'ordres' })], well)).toThrow(
      'rule r: there is no event bus ordres',
    );
  });
});

describe('an event that a rule hands to another bus', () => {
  const forward = (from: string, to: string, changes: Partial<TargetModel> = {}) =>
    ruleOf({ name: `${from}-to-${to}`, busName: from, targets: [target({ arn: busArn(to), ...changes })] });

  it('arrives there as the event that it was', async () => {
    const { buses, sent, clock } = start([forward('orders', 'audit'), ruleOf({ busName: 'audit' })], well);
    buses.put([entry({ EventBusName: 'orders', Time: 1_700_000_000 })]);
    await clock.advance(1_000);
    expect(sent.map(({ arn }) => arn)).toEqual([busArn('audit'), QUEUE]);
    expect(JSON.parse(sent[1]?.message.body ?? '')).toMatchObject({
      id: 'token-1-1',
      time: '2023-11-14T22:13:20Z',
    });
  });

  it('goes to no third bus, nor back', async () => {
    const { buses, sent, targets } = start(
      [
        forward('orders', 'audit'),
        forward('audit', 'third', { deadLetterQueue: DLQ }),
        forward('audit', 'orders'),
        ruleOf({ busName: 'third' }),
      ],
      well,
    );
    buses.put([entry({ EventBusName: 'orders' })]);
    await settle();
    expect(sent.map(({ arn }) => arn)).toEqual([busArn('audit'), DLQ]);
    expect(sent[1]?.message.attributes).toMatchObject({
      ERROR_CODE: 'THIRD_ACCOUNT_HOP_DETECTED',
      RETRY_ATTEMPTS: '0',
    });
    expect(targets()).toMatchObject([
      { delivered: 1 },
      { deadLettered: 1 },
      { dropped: 1 },
      { delivered: 0 },
    ]);
  });

  it('comes round once where a bus hands to itself', async () => {
    const { buses, sent } = start([forward('orders', 'orders')], well);
    buses.put([entry({ EventBusName: 'orders' })]);
    await settle();
    expect(sent).toHaveLength(1);
    expect(buses.state().buses[1]).toMatchObject({ name: 'orders', received: 2 });
  });

  it('is refused when it is no event or the bus is not there', () => {
    const { buses } = start([], well);
    expect(buses.publish(busArn('nowhere'), { body: '{}' })).toMatchObject({
      code: 'NO_RESOURCE',
      retryable: false,
    });
    expect(buses.publish(busArn('default'), { body: '{}' })).toMatchObject({
      code: 'INVALID_JSON',
      retryable: false,
    });
  });
});

it('stops waiting when it is stopped, and starts nothing new', async () => {
  const { buses, sent, clock, targets } = start([ruleOf()], () => down);
  buses.put([entry()]);
  await settle();
  expect(clock.pending).toBe(1);
  buses.stop();
  buses.put([entry()]);
  await clock.advance(HOUR_MS);
  expect(clock.pending).toBe(0);
  expect(sent).toHaveLength(1);
  expect(targets()).toMatchObject([{ pending: 0, dropped: 1 }]);
});
