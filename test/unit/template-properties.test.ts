import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Template } from '../../lib/local/template/assembly.ts';
import { classOf } from '../../lib/local/template/classes.ts';
import { readModel } from '../../lib/local/template/model.ts';
import { createReader } from '../../lib/local/template/reader.ts';
import type { Shape } from '../../lib/local/template/shape.ts';
import { shapesOf } from '../../lib/local/template/shapes.ts';
import { type SpecifiedProperty, specifiedTypes } from '../support/cdk-specification.ts';
import { EVERY_RESOURCE } from '../support/every-resource.ts';
import { shapeAt, valuesAt, withValue } from '../support/property-values.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const { Fn } = EVERY_RESOURCE.Resources;
/** Names that only functions see, in the environment of one. */
const SEEN = ['Table', 'Bus', 'Layer', 'Global', 'Topic', 'Bucket', 'Dead', 'Secret'];

const RESOURCES: Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>> = {
  ...EVERY_RESOURCE.Resources,
  Fn: {
    ...Fn,
    Properties: {
      ...Fn.Properties,
      Environment: { Variables: Object.fromEntries(SEEN.map((id) => [id, { Ref: id }])) },
    },
  },
  Managed: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      ...{ Code: { ZipFile: 'x' }, Handler: 'index.handler', Runtime: 'nodejs24.x', MemorySize: 8_192 },
      Layers: [{ Ref: 'Layer' }],
      CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: {} },
    },
  },
  Provider: {
    Type: 'AWS::Lambda::Function',
    Properties: { Code: { ZipFile: 'x' }, Handler: 'index.handler', Runtime: 'nodejs24.x' },
  },
  Layer: { Type: 'AWS::Lambda::LayerVersion', Properties: { Content: { S3Key: 'layer.zip' } } },
  Global: {
    Type: 'AWS::DynamoDB::GlobalTable',
    Properties: { ...EVERY_RESOURCE.Resources.Table.Properties, StreamSpecification: undefined },
  },
  Topic: { Type: 'AWS::SNS::Topic' },
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: { Protocol: 'sqs', Endpoint: arnOf('Queue'), TopicArn: { Ref: 'Topic' } },
  },
  Bucket: { Type: 'AWS::S3::Bucket' },
  Notifications: {
    Type: 'Custom::S3BucketNotifications',
    Properties: { ServiceToken: arnOf('Provider'), BucketName: { Ref: 'Bucket' } },
  },
  Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Value: 'x' } },
  Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'x' } },
  RestStage: {
    Type: 'AWS::ApiGateway::Stage',
    Properties: { RestApiId: { Ref: 'Rest' }, StageName: 'dev' },
  },
  Outer: {
    Type: 'AWS::ApiGateway::Resource',
    Properties: { ...EVERY_RESOURCE.Resources.Item.Properties, PathPart: 'outer' },
  },
  Other: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 hour)' } },
};

/** What the model of an app says, all that is known later included. */
function said(resources: object): {
  readonly model: string;
  readonly named: ReadonlyMap<string, readonly string[]>;
} {
  const template = JSON.parse(JSON.stringify({ ...EVERY_RESOURCE, Resources: resources })) as Template;
  const stack = { stackName: 'app', template, assetFolder: (key: string) => `/assets/${key}` };
  const reader = createReader(stack, 'eu-west-1');
  const model = readModel([stack], reader);
  const urls = new Map(Object.keys(resources).map((logicalId) => [logicalId, `http://${logicalId}`]));
  const later = {
    ofFunctions: model.functions.map((fn) => [
      ...[model.environmentOf(fn, urls), model.asyncInvokeOf(fn.functionName)],
      ...['live', 'a', 'b'].map((alias) => model.aliasOf(fn.functionName, alias)),
    ]),
    stored: model.storedValues(urls),
  };
  const all = inspect({ ...model, ...later }, { depth: null, maxArrayLength: null, sorted: true });
  return { model: all, named: reader.remarks().notHonoured };
}

type Members = ReadonlyMap<string, SpecifiedProperty>;
const VALUE: SpecifiedProperty = { form: 'value', members: new Map() };
const values = (...names: readonly string[]): Members => new Map(names.map((name) => [name, VALUE]));
/** What the specification leaves open, and documentation does not. */
const OPEN: Readonly<Record<string, Members>> = {
  'AWS::SQS::Queue.RedrivePolicy': values('deadLetterTargetArn', 'maxReceiveCount'),
};

const listOf = (members: Members): SpecifiedProperty => ({ form: 'list', members });
const objectOf = (members: Readonly<Record<string, SpecifiedProperty>>): SpecifiedProperty => ({
  form: 'value',
  members: new Map(Object.entries(members)),
});
const configurations = (target: string): SpecifiedProperty =>
  listOf(
    new Map([
      ...values('Id', 'Events', target),
      ['Filter', objectOf({ Key: objectOf({ FilterRules: listOf(values('Name', 'Value')) }) })],
    ]),
  );
/** What the CDK's own resource takes. */
const NOTIFICATIONS: Members = new Map([
  ...values('BucketName', 'Managed', 'ServiceToken', 'SkipDestinationValidation'),
  [
    'NotificationConfiguration',
    objectOf({
      EventBridgeConfiguration: VALUE,
      LambdaFunctionConfigurations: configurations('LambdaFunctionArn'),
      QueueConfigurations: configurations('QueueArn'),
      TopicConfigurations: configurations('TopicArn'),
    }),
  ],
]);

/** Each path to a value that a type takes: `Targets[].Arn`. */
function* leaves(type: string, members: Members, above = ''): Generator<string> {
  for (const [name, { form, members: below }] of members) {
    const path = `${above}${name}`;
    const inside = OPEN[`${type}.${path}`] ?? below;
    if (inside.size === 0) yield path;
    else
      yield* leaves(
        type,
        inside,
        form === 'list' ? `${path}[].` : form === 'map' ? `${path}{}.` : `${path}.`,
      );
  }
}

const isWithin = (inner: string, outer: string): boolean =>
  inner.startsWith(outer) && /^$|^[.[{]/.test(inner.slice(outer.length));

type Outcome = 'honoured' | 'named' | 'refused' | 'unnoticed' | 'third' | `malformed: ${string}`;

function outcomeOf(type: string, path: string): Outcome {
  if (/^unnoticed: \w/.test(String(shapeAt(type, path)))) return 'unnoticed';
  const pair = valuesAt(type, path);
  let worst: Outcome = 'third';
  for (const [logicalId, resource] of Object.entries(RESOURCES)) {
    if (resource.Type !== type) continue;
    const models: string[] = [];
    for (const value of pair) {
      const Properties = withValue(type, resource.Properties ?? {}, path, value);
      try {
        const { model, named } = said({ ...RESOURCES, [logicalId]: { ...resource, Properties } });
        const isNamed = named.get(type)?.some((one) => isWithin(path, one) || isWithin(one, path));
        if (isNamed) return 'named';
        models.push(model);
      } catch (error) {
        const { message } = error as Error;
        if (/^\w+: .* is not run on this machine; /.test(message)) return 'refused';
        worst = `malformed: ${message}`;
      }
    }
    if (models.length === 2 && models[0] !== models[1]) return 'honoured';
  }
  return worst;
}

const types = specifiedTypes();
const running = [...types.keys()].filter(
  (type) => classOf(type).kind === 'run' && type !== 'AWS::CloudFormation::Stack',
);

const { stackTraceLimit } = Error;
beforeAll(() => void Object.assign(Error, { stackTraceLimit: 0 }));
afterAll(() => void Object.assign(Error, { stackTraceLimit }));

/** Each path that has a form. */
function* shapedPaths(shape: Shape, above = ''): Generator<string> {
  if (typeof shape === 'string') yield above;
  else if (Array.isArray(shape)) yield* shapedPaths((shape as readonly Shape[])[0] ?? 'any', `${above}[]`);
  else
    for (const [name, member] of Object.entries(shape))
      yield* shapedPaths(member, above === '' ? name : `${above}.${name}`);
}

const specified = [
  ...running.map((type) => [type, types.get(type)?.() ?? new Map()] as const),
  ['Custom::S3BucketNotifications', NOTIFICATIONS] as const,
];

describe('each property that CloudFormation specifies', () => {
  it.each(specified)('of %s is honoured, named, refused or said not to be noticed', (type, members) => {
    const outcomes = [...leaves(type, members)].map((path) => [path, outcomeOf(type, path)] as const);
    const without = outcomes.filter(([, outcome]) => /^third|^malformed/.test(outcome));
    expect(without).toEqual([]);
    expect(outcomes.some(([, outcome]) => outcome === 'honoured')).toBe(true);
  });

  it.each(specified)('of %s is all that has a form', (type, members) => {
    const known = [...leaves(type, members)];
    const strange = [...shapedPaths(shapesOf(type))].filter(
      (path) => !known.some((leaf) => isWithin(leaf, path)),
    );
    expect(strange).toEqual([]);
  });
});

describe('a property without effect', () => {
  it('is named once, below a property that is honoured too', () => {
    const of = (Properties: object) => {
      const fn = {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: { FunctionName: 'fn', ...Properties },
      };
      const two = {
        stackName: 'app',
        template: { Resources: { A: fn, B: fn } },
        assetFolder: () => undefined,
      };
      const own = createReader(two, 'eu-west-1');
      readModel([two], own);
      return [...own.remarks().notHonoured];
    };
    const Destination = 'arn:aws:sqs:eu-west-1:000000000000:q';
    expect(
      of({ Qualifier: 'live', DestinationConfig: { OnFailure: { Destination, Format: 'x' }, OnRetry: {} } }),
    ).toEqual([
      [
        'AWS::Lambda::EventInvokeConfig',
        ['DestinationConfig.OnFailure.Format', 'DestinationConfig.OnRetry', 'Qualifier'],
      ],
    ]);
  });
});
