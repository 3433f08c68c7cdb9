import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCode } from '../../lib/core/errors.ts';
import { checkTemplate } from '../../lib/local/template/check.ts';
import { readClasses, readModel } from '../../lib/local/template/model.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import { EVERY_RESOURCE } from '../support/every-resource.ts';

type Path = readonly (string | number)[];
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function* pathsIn(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (isObject(value))
    for (const [name, member] of Object.entries(value))
      yield* pathsIn(member, [...path, Array.isArray(value) ? Number(name) : name]);
}

function changed(path: Path, replacement: unknown): unknown {
  const copy = structuredClone(EVERY_RESOURCE) as Record<string, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy);
  parent[String(path.at(-1))] = replacement;
  // As it would be read from a file.
  return JSON.parse(JSON.stringify(copy));
}

/** Reads all that a run reads before it starts anything. */
function read(value: unknown): void {
  const template = checkTemplate(value, 'app.template.json');
  const stack = {
    stackName: 'app',
    template,
    assetFolder: (key: string) => (key === 'code.zip' ? '/code' : undefined),
  };
  const reader = createReader(stack, 'eu-west-1');
  readClasses(reader);
  const model = readModel([stack], reader);
  const urls = new Map([
    ['Queue', 'http://q'],
    ['Dead', 'http://d'],
    ['Url', 'http://u'],
    ['Api', 'http://a'],
  ]);
  for (const fn of model.functions) model.environmentOf(fn, urls);
  reader.remarks();
}

const errorOf = (run: () => void): unknown => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
};

const REPLACEMENTS = [
  ...[null, 5, true, '', 'x', [], {}, [null], [[]], { a: 1 }, undefined],
  ...[
    { Ref: 5 },
    { Ref: 'Missing' },
    { 'Fn::Sub': 5 },
    { 'Fn::Sub': ['${A}', 5] },
    { 'Fn::Sub': '${Missing.Arn}' },
  ],
  ...[
    { 'Fn::GetAtt': 5 },
    { 'Fn::GetAtt': [] },
    { 'Fn::GetAtt': ['Fn', {}] },
    { 'Fn::Join': 'x' },
    { 'Fn::Join': ['-', 'x'] },
  ],
  ...[
    { 'Fn::Split': [1, {}] },
    { 'Fn::Select': [9, ['a']] },
    { 'Fn::Select': ['a', 'b'] },
    { 'Fn::If': ['IsTest'] },
    { 'Fn::If': [1, 2, 3] },
  ],
  ...[
    { 'Fn::FindInMap': ['Sizes'] },
    { 'Fn::FindInMap': null },
    { 'Fn::ImportValue': {} },
    { 'Fn::GetStackOutput': 'x' },
    { 'Fn::Base64': [] },
  ],
];

// Thousands of errors, whose stacks are not read.
const { stackTraceLimit } = Error;
beforeAll(() => void Object.assign(Error, { stackTraceLimit: 0 }));
afterAll(() => void Object.assign(Error, { stackTraceLimit }));

describe('a malformed template', () => {
  it('is right to begin with', () => expect(() => read(EVERY_RESOURCE)).not.toThrow());

  const ids = Object.keys(EVERY_RESOURCE.Resources);
  it.each(
    REPLACEMENTS.map((replacement) => [JSON.stringify(replacement) ?? 'undefined', replacement] as const),
  )('gives one error that names the resource, or none: %s', (_, replacement) => {
    const strange = [...pathsIn(EVERY_RESOURCE)].flatMap((path) => {
      const error = errorOf(() => read(changed(path, replacement)));
      if (error === undefined) return [];
      const { message } = error as Error;
      // Where a resource is gone, what refers to it is named.
      const isNamed = ids.some((id) => message.startsWith(`${id}.`) || message.startsWith(`${id}:`));
      const isClear = hasCode(error, 'LOCAL_RUN') && !/undefined|is not a function|\[object/.test(message);
      const isInside = path[0] === 'Resources' && path.length > 1;
      return isClear && (isNamed || !isInside) ? [] : [`${path.join('.')}: ${message}`];
    });
    expect(strange).toEqual([]);
  });

  it.each([
    [
      ['Resources', 'Fn', 'Properties', 'Environment', 'Variables', 'TABLE'],
      { 'Fn::Sub': 5 },
      'Fn.Environment: Fn::Sub is malformed: expected a list, got 5',
    ],
    [['Resources', 'Fn'], null, 'Fn: expected a resource, got null; fix it in app.template.json'],
    [
      ['Resources', 'Fn', 'Properties'],
      [],
      'Fn.Properties: expected an object, got []; fix it in app.template.json',
    ],
    [
      ['Resources', 'Fn', 'Properties', 'Timeout'],
      { a: 1 },
      'Fn.Timeout: expected a number, got {"a":1}; fix it in the template',
    ],
    [
      ['Resources', 'Fn', 'Properties', 'Code'],
      undefined,
      'Fn.Code: expected an object, got nothing; fix it in the template',
    ],
    [
      ['Resources', 'Queue', 'Properties', 'RedrivePolicy', 'maxReceiveCount'],
      'two',
      'Queue.RedrivePolicy.maxReceiveCount: expected a number, got "two"; fix it in the template',
    ],
    [
      ['Resources', 'Mapping', 'Properties', 'FilterCriteria', 'Filters', 0],
      5,
      'Mapping.FilterCriteria.Filters.0: expected an object, got 5; fix it in the template',
    ],
    [
      ['Resources', 'Rule', 'Properties', 'Targets', 0],
      null,
      'Rule.Targets.0: expected an object, got null; fix it in the template',
    ],
    [
      ['Resources'],
      5,
      'Resources: expected an object of resources by logical id, got 5; fix it in app.template.json',
    ],
    [
      ['Conditions', 'IsTest'],
      { 'Fn::Equals': 'x' },
      'Fn.Condition: Fn::Equals is malformed: expected a list, got "x"',
    ],
    [['Outputs'], [], 'Outputs: expected an object, got []; fix it in app.template.json'],
  ] as const)('names the property: %j %j', (path, replacement, message) => {
    expect(() => read(changed(path, replacement))).toThrow(message);
  });

  it('may have numbers and booleans as text, as CloudFormation takes them', () => {
    const template = structuredClone(EVERY_RESOURCE) as unknown as {
      Resources: Record<string, { Properties: Record<string, unknown> }>;
    };
    const fn = template.Resources['Fn'];
    if (fn) fn.Properties['Timeout'] = '7';
    template.Resources['Fifo'] = { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: 'true' } } as never;
    const stack = { stackName: 'app', template: template as never, assetFolder: () => '/code' };
    const model = readModel([stack], createReader(stack, 'eu-west-1'));
    expect(model.functions[0]?.timeoutMs).toBe(7_000);
    expect(model.queues.find(({ logicalId }) => logicalId === 'Fifo')).toMatchObject({
      fifo: true,
      queueName: 'app-Fifo.fifo',
    });
  });
});
