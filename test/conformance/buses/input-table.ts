import type { Json } from '../events/calls.ts';
import { TARGET, TRANSFORM } from './pages.ts';

/** What a target wants of an event, and what it gets. All are put with the same detail. */
export interface InputCase {
  /** The name of the rule, and the source of its events. */
  readonly key: string;
  readonly title: string;
  readonly page: string;
  /** Of the target. */
  readonly input: Json;
  /** Whether it is sent to a queue, as text that need not be JSON. */
  readonly toQueue?: true;
  /** What the function or the queue gets; of the probe and the event, whatever is of them. */
  readonly expected: (event: {
    readonly id: string;
    readonly probe: unknown;
    readonly ruleArn: string;
  }) => unknown;
}

export const DETAIL = {
  'instance-id': 'i-0123456789',
  state: 'RUNNING',
  tags: [{ k: 'a' }, { k: 'b' }],
  n: 1.5,
};

const PATHS = {
  instance: '$.detail.instance-id',
  state: '$.detail.state',
  probe: '$.detail.probe',
  id: '$.detail.probe.id',
  missing: '$.detail.nothing',
  n: '$.detail.n',
  tags: '$.detail.tags',
  first: '$.detail.tags[0].k',
};

const transformed = (
  key: string,
  title: string,
  InputTemplate: string,
  expected: InputCase['expected'],
  toQueue?: true,
): InputCase => {
  const used = Object.entries(PATHS).filter(([name]) => InputTemplate.includes(`<${name}>`));
  return {
    ...{ key, title, page: TRANSFORM, expected },
    input: { InputTransformer: { InputPathsMap: Object.fromEntries(used), InputTemplate } },
    ...(toQueue && { toQueue }),
  };
};

const json = (template: string): string => `{"probe": <probe>, ${template}}`;

export const INPUT_TABLE: readonly InputCase[] = [
  {
    ...{ key: 'input-path', title: 'InputPath gives the target a part of the event', page: TARGET },
    input: { InputPath: '$.detail' },
    expected: ({ probe }) => ({ ...DETAIL, probe }),
  },
  transformed(
    'transform',
    'an input transformer puts values in',
    json('"instance": <instance>, "state": <state>'),
    ({ probe }) => ({
      ...{ probe, instance: 'i-0123456789', state: 'RUNNING' },
    }),
  ),
  transformed(
    'transform-quoted',
    'a value may stand inside of a text',
    json('"a": "instance <instance> is <state>"'),
    ({ probe }) => ({
      ...{ probe, a: 'instance i-0123456789 is RUNNING' },
    }),
  ),
  transformed(
    'transform-mixed',
    'values may stand in lists beside others',
    json('"a": [9, <state>, true]'),
    ({ probe }) => ({
      ...{ probe, a: [9, 'RUNNING', true] },
    }),
  ),
  transformed('transform-number', 'a number stays a number', json('"a": <n>'), ({ probe }) => ({
    probe,
    a: 1.5,
  })),
  transformed(
    'transform-object',
    'objects and lists are put in as they are',
    json('"a": <tags>'),
    ({ probe }) => ({
      ...{ probe, a: DETAIL.tags },
    }),
  ),
  transformed(
    'transform-index',
    'a path may lead to an element of a list',
    json('"a": <first>'),
    ({ probe }) => ({
      ...{ probe, a: 'a' },
    }),
  ),
  transformed(
    'transform-escaped',
    'quotation marks in a text are escaped',
    json('"a": "\\"<instance>\\""'),
    ({ probe }) => ({
      ...{ probe, a: '"i-0123456789"' },
    }),
  ),
  transformed(
    'transform-rule',
    'the name and the ARN of the rule are there by themselves',
    json('"name": <aws.events.rule-name>, "arn": <aws.events.rule-arn>'),
    ({ probe, ruleArn }) => ({
      ...{ probe, name: 'transform-rule', arn: ruleArn },
    }),
  ),
  transformed(
    'transform-rule-text',
    'the name of the rule may stand inside of a text',
    json('"a": "<aws.events.rule-name> triggered"'),
    ({ probe }) => ({
      ...{ probe, a: 'transform-rule-text triggered' },
    }),
  ),
  transformed(
    'transform-text',
    'a template in quotation marks gives a text',
    '"instance <instance> <id>"',
    ({ id }) => `"instance i-0123456789 ${id}"`,
    true,
  ),
];
