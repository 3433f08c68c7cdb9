import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { describe, expect, it } from 'vitest';
import type { EventEnvelope } from '../../lib/local/events/entries.ts';
import { compileInput } from '../../lib/local/events/input.ts';
import type { InputModel } from '../../lib/local/events/model.ts';

const rule = { name: 'orders', arn: 'arn:aws:events:eu-west-1:000000000000:rule/orders' };
const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:queue';
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const ingestionTime = '2026-03-04T05:06:08Z';
const event: EventEnvelope = {
  version: '0',
  id: 'an-id',
  'detail-type': 'Order Placed',
  source: 'shop',
  account: '000000000000',
  time: '2026-03-04T05:06:07Z',
  region: 'eu-west-1',
  resources: ['arn:a'],
  detail: {
    state: 'RUNNING',
    total: 12.5,
    paid: true,
    nothing: null,
    quote: 'say "hi"',
    'the/key-of_it': 'odd',
    items: [{ name: 'a' }, { name: 'b' }],
  },
};

const inputOf = (model: Partial<InputModel>, target = QUEUE) =>
  compileInput({ id: 'T0', arn: target, ...model }, rule)(event, ingestionTime);
const transformed = (template: string, pathsMap: Record<string, string> = {}, target = QUEUE) =>
  inputOf({ inputTransformer: { pathsMap, template } }, target);

describe('a target', () => {
  it('gets the whole event when it asks for nothing', () => {
    expect(JSON.parse(inputOf({}) ?? '')).toEqual(event);
  });

  it('gets a constant as it is written', () => {
    expect(inputOf({ input: '{ "a": 1 }' })).toBe('{ "a": 1 }');
  });

  it.each([
    ['$', JSON.stringify(event)],
    ['$.detail.state', '"RUNNING"'],
    ['$.detail.total', '12.5'],
    ['$.detail.nothing', 'null'],
    ['$.detail-type', '"Order Placed"'],
    ['$.detail.the/key-of_it', '"odd"'],
    ['$.detail.items[1]', '{"name":"b"}'],
    ['$.detail.items[1].name', '"b"'],
    ['$.detail.items[*].name', '["a","b"]'],
    ['$.resources[0]', '"arn:a"'],
    ['$.detail.items[9]', '{}'],
    ['$.detail.constructor', '{}'],
    ['$.detail.state.length', '{}'],
  ])('gets what is at the path %s', (inputPath, text) => {
    expect(inputOf({ inputPath })).toBe(text);
  });

  it.each(['detail', '$.', '$..a', "$['detail']", '$.a[b]', '$.a b', '$.a[-1]'])(
    'cannot ask for the path %s',
    (inputPath) => {
      expect(() => inputOf({ inputPath })).toThrow(/rule orders.*T0.*expected a path/);
    },
  );

  it('asks for one kind of input only', () => {
    expect(() => inputOf({ input: '1', inputPath: '$.id' })).toThrow(
      'Only one of Input, InputPath, or InputTransformer must be provided for target T0.',
    );
  });
});

describe('a template', () => {
  it('fills text in quotes, which it keeps', () => {
    expect(
      transformed('"<id> is in <state>, missing <none>."', {
        id: '$.id',
        state: '$.detail.state',
        none: '$.detail.none',
      }),
    ).toBe('"an-id is in RUNNING, missing ."');
  });

  it('puts values into JSON with their type, and an empty text where there is none', () => {
    const template = `{
      "state": <state>, "total": <total>, "paid": [ 9, <paid> ],
      "items": <items>, "none": <none>, "nothing": <nothing>
    }`;
    const at = (name: string) => [name, `$.detail.${name}`] as const;
    const names = ['state', 'total', 'paid', 'items', 'none', 'nothing'];
    expect(transformed(template, Object.fromEntries(names.map(at)))).toBe(
      '{"state":"RUNNING","total":12.5,"paid":[9,true],"items":[{"name":"a"},{"name":"b"}],"none":"","nothing":null}',
    );
  });

  it('puts values into the texts of JSON, objects without their quotation marks', () => {
    const pathsMap = { state: '$.detail.state', total: '$.detail.total', item: '$.detail.items[0]' };
    expect(transformed('{"a": "is \\"<state>\\" at <total>", "b": "  <item>"}', pathsMap)).toBe(
      '{"a":"is \\"RUNNING\\" at 12.5","b":"  {name:a}"}',
    );
  });

  it('escapes a value outside of quotes only, and gives up JSON that breaks by it', () => {
    const pathsMap = { quote: '$.detail.quote' };
    expect(transformed('{"a":<quote>}', pathsMap)).toBe('{"a":"say \\"hi\\""}');
    expect(transformed('{"a":"<quote>"}', pathsMap)).toBeUndefined();
    expect(transformed('"<quote>"', pathsMap)).toBe('"say "hi""');
    expect(transformed('"<quote>"', pathsMap, FUNCTION)).toBeUndefined();
  });

  it('knows the rule, the time of arrival and the event', () => {
    expect(
      transformed('"<aws.events.rule-arn> <aws.events.rule-name> <aws.events.event.ingestion-time>"'),
    ).toBe(`"${rule.arn} orders ${ingestionTime}"`);
    const both = transformed('{"without": <aws.events.event>, "whole": <aws.events.event.json>}');
    const { detail: _, 'detail-type': detailType, ...rest } = event;
    expect(JSON.parse(both ?? '')).toEqual({ without: { ...rest, detailType }, whole: event });
    expect(transformed('<aws.events.event.json>')).toBe(JSON.stringify(event));
  });

  it('keeps what only looks like a placeholder', () => {
    expect(transformed('"1 < 2 > 0 <> {[/"')).toBe('"1 < 2 > 0 <> {[/"');
  });

  it.each([
    ['a placeholder without a path', '"<unknown>"', {}, 'contains invalid placeholder unknown'],
    ['a placeholder of every object', '"<constructor>"', {}, 'contains invalid placeholder constructor'],
    ['text without quotes', 'is <id>', { id: '$.id' }, 'Invalid InputTemplate for target T0'],
    ['broken JSON', '{"a": <id>', { id: '$.id' }, 'Invalid InputTemplate for target T0'],
    ['a placeholder as a key', '{<id>: 1}', { id: '$.id' }, 'Invalid InputTemplate for target T0'],
    ['a reserved name', '"x"', { 'aws.events.mine': '$.id' }, 'reserved'],
    ['a bad path', '"<id>"', { id: 'id' }, 'path id of target T0'],
  ])('is refused with %s', (_, template, pathsMap, message) => {
    expect(() => transformed(template, pathsMap)).toThrow(message);
    expect(() => transformed(template, pathsMap)).toThrow('rule orders');
  });
});

/** The input of a target as the CDK writes it into the template. */
function synthesized(input: RuleTargetInput): Partial<InputModel> {
  const stack = new Stack(new App(), 'Stack');
  new Rule(stack, 'Rule', {
    eventPattern: { source: ['shop'] },
    targets: [{ bind: () => ({ arn: QUEUE, input }) }],
  });
  const rules = Template.fromStack(stack).findResources('AWS::Events::Rule');
  const [{ Input, InputPath, InputTransformer }] = Object.values(rules).flatMap(
    ({ Properties }) => Properties.Targets,
  ) as [
    {
      readonly Input?: string;
      readonly InputPath?: string;
      readonly InputTransformer?: {
        readonly InputPathsMap: Record<string, string>;
        readonly InputTemplate: string;
      };
    },
  ];
  return {
    ...(Input !== undefined && { input: Input }),
    ...(InputPath !== undefined && { inputPath: InputPath }),
    ...(InputTransformer !== undefined && {
      inputTransformer: {
        pathsMap: InputTransformer.InputPathsMap,
        template: InputTransformer.InputTemplate,
      },
    }),
  };
}

describe('what RuleTargetInput of the CDK synthesizes', () => {
  const total = EventField.fromPath('$.detail.total');
  const state = EventField.fromPath('$.detail.state');

  it.each([
    ['an object without fields', RuleTargetInput.fromObject({ a: [1] }), '{"a":[1]}'],
    [
      'an object with fields',
      RuleTargetInput.fromObject({ total, text: `is ${state}`, id: EventField.eventId }),
      '{"total":12.5,"text":"is RUNNING","id":"an-id"}',
    ],
    [
      'a nested object with a list and a field that is not there',
      RuleTargetInput.fromObject({
        a: { b: [EventField.fromPath('$.detail.items'), EventField.fromPath('$.no')] },
      }),
      '{"a":{"b":[[{"name":"a"},{"name":"b"}],""]}}',
    ],
    ['text', RuleTargetInput.fromText(`total: ${total}, "${state}"`), '"total: 12.5, \\"RUNNING\\""'],
    ['text without fields', RuleTargetInput.fromText('hello'), '"hello"'],
    [
      'several lines of text',
      RuleTargetInput.fromMultilineText(`total: ${total}\nstate: ${state}`),
      '"total: 12.5"\n"state: RUNNING"',
    ],
    ['a path', RuleTargetInput.fromEventPath('$.detail.items[0]'), '{"name":"a"}'],
  ])('works for %s', (_, input, text) => {
    expect(inputOf(synthesized(input))).toBe(text);
  });
});
