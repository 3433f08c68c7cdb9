import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attack } from './attacker.ts';

/** What no page may ever read. */
export const SECRET = 'the-secret-of-this-app';
const ACCOUNT = '000000000000';
export const NAMES = {
  table: 'things',
  queue: 'tasks',
  events: 'events',
  topic: 'news',
  bus: 'shop',
  bucket: 'files',
  fn: 'work',
};

const { table, queue, events, topic, bus, bucket, fn } = NAMES;
const ref = (Ref: string) => ({ Ref });
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** One of each that answers on a port. */
const RESOURCES = {
  Table: [
    'AWS::DynamoDB::Table',
    {
      TableName: table,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    },
  ],
  Queue: ['AWS::SQS::Queue', { QueueName: queue }],
  Events: ['AWS::SQS::Queue', { QueueName: events }],
  Topic: ['AWS::SNS::Topic', { TopicName: topic }],
  Subscription: [
    'AWS::SNS::Subscription',
    { TopicArn: ref('Topic'), Protocol: 'sqs', Endpoint: arnOf('Events') },
  ],
  Bus: ['AWS::Events::EventBus', { Name: bus }],
  Rule: [
    'AWS::Events::Rule',
    {
      EventBusName: ref('Bus'),
      EventPattern: { source: [{ prefix: '' }] },
      Targets: [{ Id: 'Events', Arn: arnOf('Events') }],
    },
  ],
  Bucket: ['AWS::S3::Bucket', { BucketName: bucket }],
  Parameter: ['AWS::SSM::Parameter', { Name: 'password', Type: 'String', Value: SECRET }],
  Fn: [
    'AWS::Lambda::Function',
    {
      FunctionName: fn,
      Code: 'handlers',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/none',
    },
  ],
  Api: ['AWS::ApiGatewayV2::Api', { Name: 'api', ProtocolType: 'HTTP' }],
  Integration: [
    'AWS::ApiGatewayV2::Integration',
    {
      ApiId: ref('Api'),
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: arnOf('Fn'),
      PayloadFormatVersion: '2.0',
    },
  ],
  Route: [
    'AWS::ApiGatewayV2::Route',
    { ApiId: ref('Api'), RouteKey: 'GET /own/call', Target: { 'Fn::Sub': 'integrations/${Integration}' } },
  ],
  Stage: ['AWS::ApiGatewayV2::Stage', { ApiId: ref('Api'), StageName: '$default', AutoDeploy: true }],
} as const;

/** Says who called it: the app's own client, or somebody else. */
const HANDLER = `exports.handler = async (event) => {
  const by = event.rawPath === '/own/call' ? 'its client' : 'a stranger';
  console.log('called by ' + by);
  return 'answered';
};`;

export function writeApp(folder: string): void {
  mkdirSync(join(folder, 'handlers'));
  writeFileSync(join(folder, 'handlers', 'index.js'), HANDLER);
  const resources = Object.entries(RESOURCES).map(([id, [Type, Properties]]) => [id, { Type, Properties }]);
  writeFileSync(join(folder, 'template.json'), JSON.stringify({ Resources: Object.fromEntries(resources) }));
}

const FORM = 'application/x-www-form-urlencoded';

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0';

const json = (target: string, body: object): Attack => ({
  ...{ method: 'POST', path: '/', body: JSON.stringify(body) },
  headers: {
    ...{ 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
    ...{ authorization: AUTHORIZATION, 'x-amz-date': '20260101T000000Z' },
  },
});
const form = (path: string, fields: Readonly<Record<string, string>>): Attack => ({
  ...{ method: 'POST', path, body: String(new URLSearchParams(fields)), enctype: FORM },
  headers: { 'content-type': FORM },
});
const get = (path: string): Attack => ({ method: 'GET', path });
/** What a page may send without asking first. */
const plain = (path: string, body: string): Attack => ({ method: 'POST', path, body });

/** Every one is sent to every port: it is for the run to know what goes where. */
export const ATTACKS: readonly Attack[] = [
  get('/_fibrin/state'),
  get(`/_fibrin/queues/${queue}`),
  get('/_fibrin/sandboxes'),
  { method: 'PUT', path: `/_fibrin/faults/bus`, body: '{"kind":"error"}' },
  { method: 'DELETE', path: '/_fibrin/sandboxes' },
  get('/2018-06-01/runtime/invocation/next'),
  plain('/2018-06-01/runtime/init/error', '{"errorType":"stolen"}'),
  plain(`/2015-03-31/functions/${fn}/invocations`, '{}'),
  json('DynamoDB_20120810.Scan', { TableName: table }),
  json('DynamoDB_20120810.PutItem', { TableName: table, Item: { pk: { S: 'stolen' } } }),
  json('AWSEvents.PutEvents', {
    Entries: [{ EventBusName: bus, Source: 'page', DetailType: 'stolen', Detail: '{}' }],
  }),
  json('AmazonSSM.GetParameter', { Name: 'password' }),
  json('AmazonSQS.SendMessage', { QueueUrl: `http://127.0.0.1/${ACCOUNT}/${queue}`, MessageBody: 'stolen' }),
  form(`/${ACCOUNT}/${queue}`, { Action: 'SendMessage', MessageBody: 'stolen' }),
  form('/', {
    Action: 'SendMessage',
    QueueUrl: `http://127.0.0.1/${ACCOUNT}/${queue}`,
    MessageBody: 'stolen',
  }),
  form('/', { Action: 'Publish', TopicArn: `arn:aws:sns:us-east-1:${ACCOUNT}:${topic}`, Message: 'stolen' }),
  get(`/${ACCOUNT}/${queue}?Action=SendMessage&MessageBody=stolen`),
  get(`/?Action=Publish&TopicArn=arn:aws:sns:us-east-1:${ACCOUNT}:${topic}&Message=stolen`),
  get(`/${bucket}?list-type=2`),
  get(`/${bucket}/picture.svg`),
  { method: 'PUT', path: `/${bucket}/stolen`, body: 'stolen' },
];
