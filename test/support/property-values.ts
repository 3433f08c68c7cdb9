import { NAMES } from '../../lib/local/template/names.ts';
import type { PropertyShapes, Shape } from '../../lib/local/template/shape.ts';
import { shapesOf } from '../../lib/local/template/shapes.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const FN = 'arn:aws:lambda:eu-west-1:000000000000:function:test-fn';
const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:';

/** Two values for each form, and for what takes only some. */
const VALUES: Readonly<Record<string, readonly [unknown, unknown]>> = {
  any: [{ a: ['x'] }, { a: ['y'] }],
  boolean: [true, false],
  map: [{ a: 'x' }, { a: 'y' }],
  number: [3, 4],
  text: ['a', 'b'],
  texts: [['a'], ['b']],
};
const ONLY: readonly (readonly [RegExp, readonly [unknown, unknown]])[] = [
  [/ApiGateway::Method\.AuthorizationType$/, ['NONE', 'AWS_IAM']],
  [/ApiGateway::Method\.Integration\.IntegrationHttpMethod$/, ['POST', 'GET']],
  [/ApiGateway::Method\.Integration\.Type$/, ['AWS_PROXY', 'HTTP']],
  [/ApiGateway::Method\.Integration\.Uri$|IntegrationUri$|::Api\.Target$/, [`${FN}1`, `${FN}2`]],
  [/ResponseTransferMode$/, ['BUFFERED', 'STREAM']],
  [/RequestTemplates$/, [{ a: '{"statusCode": 200}' }, { a: '$x' }]],
  [/IntegrationResponses\[\]\.SelectionPattern$/, ['', 'x']],
  [/IntegrationResponses\[\]\.ResponseParameters$/, [{ a: "'x'" }, { a: "'y'" }]],
  [/(V2::Stage|Route)\.ApiId$/, [{ Ref: 'Api' }, 'b']],
  [/(Stage|Deployment|Resource)\.RestApiId$/, [{ Ref: 'Rest' }, 'b']],
  [
    /Method\.ResourceId$|Resource\.ParentId$/,
    [{ 'Fn::GetAtt': ['Rest', 'RootResourceId'] }, { Ref: 'Outer' }],
  ],
  [/(Alias|EventInvokeConfig)\.FunctionName$/, [{ Ref: 'Fn' }, 'b']],
  [/Alias\.Name$/, ['live', 'b']],
  [/Api\.ProtocolType$/, ['HTTP', 'WEBSOCKET']],
  [/Authorizer\.AuthorizerType$/, ['JWT', 'REQUEST']],
  [/IdentitySource$/, [['$request.header.a'], ['$request.header.b']]],
  [/Integration\.IntegrationType$/, ['AWS_PROXY', 'HTTP_PROXY']],
  [/PayloadFormatVersion$/, ['1.0', '2.0']],
  [/::Integration\.RequestParameters$/, [{ 'append:header.a': 'x' }, { 'append:header.a': 'y' }]],
  [/Method\.Integration\.RequestParameters$/, [{ a: 'x' }, { a: 'y' }]],
  [
    /::Integration\.ResponseParameters$/,
    [
      { 200: { ResponseParameters: [{ Destination: 'append:header.b', Source: 'c' }] } },
      { 200: { ResponseParameters: [{ Destination: 'append:header.b', Source: 'd' }] } },
    ],
  ],
  [/Queue\.DeduplicationScope$/, ['messageGroup', 'queue']],
  [/Route\.AuthorizationType$/, ['NONE', 'JWT']],
  [/Route\.AuthorizerId$/, [{ Ref: 'Tokens' }, 'b']],
  [/Route\.Target$/, [{ 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] }, 'b']],
  [/(Rule|Schedule)\.State$/, ['ENABLED', 'DISABLED']],
  [/Schedule\.Target\.Arn$/, [`${FN}1`, `${FN}2`]],
  [/EventSourceArn$/, [`${QUEUE}a`, `${QUEUE}b`]],
  [/StartingPosition$/, ['LATEST', 'TRIM_HORIZON']],
  [/FunctionResponseTypes$/, [['ReportBatchItemFailures'], ['b']]],
  [/FilterCriteria\.Filters\[\]\.Pattern$/, ['{"a":["x"]}', '{"a":["y"]}']],
  [/MemoryGiBPerVCpu$/, [2, 4]],
  [/Function\.Runtime$/, ['nodejs24.x', 'nodejs22.x']],
  [/Function\.Code\.ImageUri$/, ['a', undefined]],
  [/Function\.Layers$/, [[{ Ref: 'Layer' }], ['b']]],
  [/Function\.FunctionName$/, ['test-fn', 'b']],
  [/InvokeMode$/, ['BUFFERED', 'RESPONSE_STREAM']],
  [/FilterPolicyScope$/, ['MessageAttributes', 'MessageBody']],
  [/Subscription\.RedrivePolicy$/, [{ deadLetterTargetArn: 'a' }, { deadLetterTargetArn: 'b' }]],
  [/Subscription\.Protocol$|Topic\.Subscription\[\]\.Protocol$/, ['sqs', 'lambda']],
  [/Subscription\.TopicArn$/, [{ Ref: 'Topic' }, 'b']],
  [/S3BucketNotifications\.BucketName$/, [{ Ref: 'Bucket' }, 'b']],
  [/S3BucketNotifications\.ServiceToken$/, [arnOf('Provider'), arnOf('Fn')]],
  [/Rules\[\]\.Name$/, ['prefix', 'suffix']],
];

/** The form at a path, or of the last part of it that has one. */
export function shapeAt(type: string, path: string): Shape | undefined {
  let shape: Shape | undefined = shapesOf(type) as Shape;
  for (const part of path.split('.')) {
    if (typeof shape !== 'object') return shape;
    const inside: Shape | readonly Shape[] | undefined = (shape as PropertyShapes)[part.replace('[]', '')];
    shape =
      Array.isArray(inside) && part.endsWith('[]') ? (inside as readonly Shape[])[0] : (inside as Shape);
  }
  return shape;
}

/** Two values that a property takes, and that mean something else. */
export function valuesAt(type: string, path: string): readonly [unknown, unknown] {
  const only = ONLY.find(([pattern]) => pattern.test(`${type}.${path}`));
  const shape = shapeAt(type, path);
  const otherwise = NAMES[type]?.property === path ? 'text' : 'any';
  const kind = typeof shape === 'string' ? shape.replace('!', '') : otherwise;
  return only?.[1] ?? VALUES[kind] ?? ['a', 'b'];
}

/** What has to stand beside a value for its object to be read. */
function besides(type: string, path: string): Record<string, unknown> {
  const shape = shapeAt(type, path);
  if (typeof shape !== 'object' || Array.isArray(shape)) return {};
  const needed = Object.entries(shape).filter(
    ([, member]) => typeof member === 'string' && /^\w+!$/.test(member),
  );
  return Object.fromEntries(needed.map(([name]) => [name, valuesAt(type, `${path}.${name}`)[0]]));
}

/** The properties with a value at a path, and what it takes to be read there. */
export function withValue(type: string, properties: object, path: string, value: unknown): object {
  const copy = structuredClone(properties) as Record<string, unknown>;
  let at = copy;
  const parts = path.split('.');
  for (const [index, part] of parts.slice(0, -1).entries()) {
    const name = part.replace(/\[\]|\{\}/, '');
    const fresh = besides(type, parts.slice(0, index + 1).join('.'));
    const known = at[name];
    if (part.endsWith('[]')) {
      const [first = fresh] = (known ?? []) as readonly Record<string, unknown>[];
      at[name] = [first];
      at = first;
    } else {
      const next = (known ?? fresh) as Record<string, unknown>;
      at[name] = part.endsWith('{}') ? { a: next } : next;
      at = next;
    }
  }
  at[(parts.at(-1) ?? '').replace(/\[\]|\{\}/, '')] = value;
  return copy;
}
