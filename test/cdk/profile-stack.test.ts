import { readdirSync, readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ProfileStack } from '../../cdk/stacks/profile-stack.ts';
import { stageOf } from '../../cdk/stacks/stage.ts';
import { temporaryFolder } from '../support/folders.ts';
import { rightsOf, type Statement, statementsOf } from './rights.ts';

/** Synthesizes without bundling: what the template says does not depend on the code. */
function synth(context: Readonly<Record<string, unknown>> = {}): Template {
  const app = new App({ outdir: temporaryFolder(), context: { 'aws:cdk:bundling-stacks': [], ...context } });
  return Template.fromStack(new ProfileStack(app, 'Test', { stage: stageOf(app.node) }));
}

/** The properties that the tests look at, as far as they are of interest. */
interface Properties {
  readonly IntegrationUri?: unknown;
  readonly AuthorizationType?: string;
  readonly RouteKey?: string;
  readonly Targets?: readonly { readonly DeadLetterConfig: unknown }[];
  readonly RedrivePolicy?: unknown;
  readonly DestinationConfig?: unknown;
  readonly SqsManagedSseEnabled?: boolean;
  readonly KmsMasterKeyId?: unknown;
}

const propertiesOf = (template: Template, type: string): readonly Properties[] =>
  Object.values(template.findResources(type)).map((resource) => resource['Properties']);

const actionsIn = (template: Template) => statementsOf(template).flatMap(({ Action }) => Action);

const APP_FUNCTIONS = [
  ...['Downstream', 'GetProfile', 'GetProfileNaive', 'Health', 'JournalProfile', 'OnContactChanged'],
  ...['OnProfileUpdated', 'PutProfile', 'Relay'],
];

describe('the profile stack, deployed', () => {
  let template: Template;
  beforeAll(() => {
    template = synth();
  });

  it('has five tables paid by request, whose items expire', () => {
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 5);
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  it('keeps the users when the stack goes, with recovery to a point in time', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        Replicas: [
          Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
        ],
      },
    });
  });

  it('keeps its tables when the stack goes, all but the cache and what consumers keep', () => {
    const policies = Object.entries(template.findResources('AWS::DynamoDB::GlobalTable')).map(
      ([logicalId, { DeletionPolicy }]) => [logicalId.replace(/(Table)?[0-9A-F]{8}$/, ''), DeletionPolicy],
    );
    expect(Object.fromEntries(policies)).toEqual({
      Resilience: 'RetainExceptOnCreate',
      Users: 'RetainExceptOnCreate',
      Cache: 'Delete',
      Views: 'Delete',
      Contacts: 'Delete',
    });
  });

  it('runs every function on Node.js 24 and arm64 with concurrency set aside', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: Match.anyValue(),
    });
    const functions = template.findResources('AWS::Lambda::Function');
    const reserved = APP_FUNCTIONS.filter((id) => functions[id]?.['Properties'].ReservedConcurrentExecutions);
    expect(reserved).toEqual(APP_FUNCTIONS);
  });

  it('reaches every function through its alias', () => {
    template.resourceCountIs('AWS::Lambda::Alias', 11);
    for (const { IntegrationUri } of propertiesOf(template, 'AWS::ApiGatewayV2::Integration')) {
      expect(IntegrationUri).toEqual({ Ref: expect.stringMatching(/Live/) });
    }
    template.allResourcesProperties('AWS::Lambda::Url', { Qualifier: 'live', AuthType: 'AWS_IAM' });
  });

  it('asks for IAM on every route but the shallow health', () => {
    const open = propertiesOf(template, 'AWS::ApiGatewayV2::Route')
      .filter(({ AuthorizationType }) => AuthorizationType !== 'AWS_IAM')
      .map(({ RouteKey }) => RouteKey);
    expect(open).toEqual(['GET /api/health']);
    template.resourceCountIs('AWS::ApiGatewayV2::Route', 5);
  });

  it('limits the requests to the API and logs each of them', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      AccessLogSettings: Match.anyValue(),
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 500 },
    });
  });

  it('lets a function do with a table only what it does', () => {
    for (const { Action, Resource } of statementsOf(template)) {
      // X-Ray knows no resources.
      if (Resource === '*') expect(Action).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
    }
    expect([...new Set(actionsIn(template))].sort()).toEqual([
      'dynamodb:DeleteItem',
      'dynamodb:DescribeStream',
      'dynamodb:GetItem',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'events:PutEvents',
      'kms:Decrypt',
      'lambda:GetProvisionedConcurrencyConfig',
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:SendMessage',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it('keeps what cannot be delivered or done, at every stage of an event', () => {
    const queueIn = ({ Arn }: { Arn: { 'Fn::GetAtt': [string, string] } }) =>
      Arn['Fn::GetAtt'][0].replace(/Queue[0-9A-F]{8}$/, '');
    const arn = (given: unknown) => queueIn({ Arn: given } as Parameters<typeof queueIn>[0]);
    const targets = propertiesOf(template, 'AWS::Events::Rule').flatMap(({ Targets = [] }) => Targets);
    expect(
      targets
        .map(({ DeadLetterConfig }) => queueIn(DeadLetterConfig as Parameters<typeof queueIn>[0]))
        .sort(),
    ).toEqual(['EventsContactsUndelivered', 'EventsUndelivered', 'EventsUpdatesUndelivered']);
    const redrives = propertiesOf(template, 'AWS::SQS::Queue').flatMap(
      ({ RedrivePolicy = [] }) =>
        RedrivePolicy as { deadLetterTargetArn: unknown; maxReceiveCount: number }[],
    );
    expect(
      redrives
        .map(({ deadLetterTargetArn, maxReceiveCount }) => [arn(deadLetterTargetArn), maxReceiveCount])
        .sort(),
    ).toEqual([
      ['EventsContactsEventsUnprocessed', 5],
      ['EventsUpdatesEventsUnprocessed', 5],
    ]);
    const failures = ['AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::EventSourceMapping']
      .flatMap((type) => propertiesOf(template, type))
      .flatMap(
        ({ DestinationConfig = [] }) => DestinationConfig as { OnFailure: { Destination: unknown } }[],
      );
    expect(failures.map(({ OnFailure }) => arn(OnFailure.Destination))).toEqual([
      'EventsUnjournaled',
      'WarmthGetProfileWarmerUndelivered',
      'EventsOutboxUnrelayed',
    ]);
  });

  it('has a bus for each sensitivity, each with an archive of its own, and a key where data is personal', () => {
    const buses = Object.entries(template.findResources('AWS::Events::EventBus')).map(
      ([id, { Properties }]) => [
        id.replace(/[0-9A-F]{8}$/, ''),
        Properties['KmsKeyIdentifier'] !== undefined,
      ],
    );
    expect(Object.fromEntries(buses)).toEqual({
      EventsPublicBus: false,
      EventsInternalBus: false,
      EventsRestrictedBus: true,
    });
    const kept = Object.values(template.findResources('AWS::Events::Archive')).map(({ Properties }) => [
      Properties['RetentionDays'],
      Properties['KmsKeyIdentifier'] !== undefined,
    ]);
    expect(kept).toEqual([
      [90, false],
      [30, false],
      [14, true],
    ]);
  });

  it('lets the queue hide a message six times as long as its function may run', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 60,
      RedrivePolicy: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      ScalingConfig: { MaximumConcurrency: 5 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('encrypts every queue and takes nothing that did not come over TLS', () => {
    for (const { SqsManagedSseEnabled, KmsMasterKeyId } of propertiesOf(template, 'AWS::SQS::Queue'))
      expect(SqsManagedSseEnabled === true || KmsMasterKeyId !== undefined).toBe(true);
    const queues = Object.keys(template.findResources('AWS::SQS::Queue'));
    const policies = propertiesOf(template, 'AWS::SQS::QueuePolicy');
    expect(policies).toHaveLength(queues.length);
  });

  /** What a function may do with a table of a construct. */
  const rightsOn = (table: string, name: string) => {
    const policies = Object.keys(template.findResources('AWS::IAM::Policy'));
    const [policy = ''] = policies.filter((id) => id.startsWith(`${name}RoleDefaultPolicy`));
    const ofTable = ({ Resource }: Statement) => JSON.stringify(Resource).includes(`"${table}`);
    return rightsOf(statementsOf(template, 'AWS::IAM::Policy', policy).filter(ofTable));
  };

  it('lets each function touch its own breakers and operations, and no others', () => {
    const names = Object.keys(template.findResources('AWS::Lambda::Function'));
    const rights = names.map((name) => [name, rightsOn('ResilienceTable', name)] as const);
    expect(Object.fromEntries(rights.filter(([, all]) => all.length > 0))).toEqual({
      GetProfile: [
        ...['GetItem breaker#posts', 'GetItem breaker#users'],
        ...['PutItem breaker#posts', 'PutItem breaker#users'],
        ...['UpdateItem outcomes#posts#*', 'UpdateItem outcomes#users#*'],
      ],
      Health: ['GetItem breaker#posts', 'GetItem breaker#users', 'GetItem health'],
      PutProfile: ['DeleteItem', 'GetItem', 'PutItem'].map((action) => `${action} idempotency#put-profile#*`),
    });
  });

  it('lets each function touch the caches that it reads or changes, and no others', () => {
    const source = readFileSync('functions/shared/caches.ts', 'utf8');
    const caches = Array.from(source.matchAll(/name: '([^']+)'/g), ([, name]) => name);
    const names = Object.keys(template.findResources('AWS::Lambda::Function'));
    const rights = names.map((name) => [name, rightsOn('CacheTable', name)] as const);
    const ofUsers = ['GetItem cache#users#*', 'PutItem cache#users#*'];
    expect(Object.fromEntries(rights.filter(([, all]) => all.length > 0))).toEqual({
      GetProfile: ['GetItem', 'PutItem']
        .flatMap((action) => caches.map((cache) => `${action} cache#${cache}#*`))
        .sort(),
      OnProfileUpdated: ofUsers,
      PutProfile: ofUsers,
    });
  });

  it('lets the health function see the depth of each dead-letter queue and the warm capacity, and tells it where', () => {
    const queues = template.findResources('AWS::SQS::Queue');
    const deadLetterQueues = Object.keys(queues).filter((id) => !queues[id]?.['Properties'].RedrivePolicy);
    expect(deadLetterQueues).toHaveLength(11);
    const resourcesOf = (action: string) =>
      statementsOf(template).flatMap(({ Action, Resource }) => (Action === action ? [Resource] : []));
    const arns = deadLetterQueues.map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] }));
    // Those that poll queues of their own may do more, in one statement.
    expect(resourcesOf('sqs:GetQueueAttributes')).toHaveLength(arns.length);
    expect(resourcesOf('sqs:GetQueueAttributes')).toEqual(expect.arrayContaining(arns));
    expect(resourcesOf('lambda:GetProvisionedConcurrencyConfig')).toEqual([
      { Ref: expect.stringMatching(/^GetProfileLive/) },
    ]);

    const { Health } = template.findResources('AWS::Lambda::Function');
    const { Variables } = Health?.['Properties'].Environment ?? {};
    const parts: readonly unknown[] = Variables.DEAD_LETTER_QUEUES['Fn::Join'][1];
    const named = parts.flatMap((part) => (typeof part === 'string' ? [] : [(part as { Ref: string }).Ref]));
    expect(named.sort()).toEqual(deadLetterQueues.sort());
    expect(Variables).toMatchObject({ WARM_FUNCTION: { Ref: 'GetProfile' }, WARM_ALIAS: 'live' });
  });

  it('names the breakers and operations that are in the functions', () => {
    const sources = readdirSync('functions')
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(`functions/${file}`, 'utf8'))
      .join('\n');
    const namesIn = (pattern: RegExp) => [
      ...new Set(Array.from(sources.matchAll(pattern), ([, name]) => name)),
    ];
    expect(namesIn(/(?:breakerOf\(|breakerCheck\({[^}]*name: )'([^']+)'/g).sort()).toEqual([
      'posts',
      'users',
    ]);
    expect(namesIn(/operation: '([^']+)'/g)).toEqual(['put-profile']);
    // Under which the functions write their metrics: an alarm that reads another one never begins.
    const shared = readFileSync('functions/shared/telemetry.ts', 'utf8');
    const [, namespace] = /NAMESPACE = '([^']+)'/.exec(shared) ?? [];
    expect(JSON.stringify(propertiesOf(template, 'AWS::CloudWatch::Alarm'))).toContain(
      `"Namespace":"${namespace}"`,
    );
  });

  it('knows functions by their names in the template, as other tools do', () => {
    const ids = Object.keys(template.findResources('AWS::Lambda::Function'));
    expect(ids.filter((id) => !id.startsWith('Warmth')).sort()).toEqual(APP_FUNCTIONS);
  });

  it('keeps logs for a month and no longer', () => {
    template.resourceCountIs('AWS::Logs::LogGroup', 15);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });
});

describe('the stage for emulators', () => {
  it('does not ask emulators for the keys of a request, which they do not know', () => {
    expect(JSON.stringify(synth({ stage: 'dev' }).toJSON())).toContain('dynamodb:LeadingKeys');
    expect(JSON.stringify(synth({ stage: 'emulator' }).toJSON())).not.toContain('dynamodb:LeadingKeys');
  });

  it('lets emulators do without TLS, which they lack', () => {
    expect(JSON.stringify(synth({ stage: 'dev' }).toJSON())).toContain('aws:SecureTransport');
    expect(JSON.stringify(synth({ stage: 'emulator' }).toJSON())).not.toContain('aws:SecureTransport');
  });

  it('has what production has, but for what emulators refuse', () => {
    const typesOf = (context: Readonly<Record<string, string>>) =>
      new Set(
        Object.values(synth(context).toJSON()['Resources'] as Record<string, { Type: string }>).map(
          ({ Type }) => Type,
        ),
      );
    const emulated = typesOf({ stage: 'emulator' });
    const missing = [...typesOf({ stage: 'dev' })].filter((type) => !emulated.has(type));
    expect(missing.sort()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::CompositeAlarm',
      'AWS::CloudWatch::Dashboard',
      'AWS::Events::Archive',
      'AWS::Logs::Delivery',
      'AWS::Logs::DeliveryDestination',
      'AWS::Logs::DeliverySource',
    ]);
  });
});

/** As the local run asks for it. */
const LOCAL = { stage: 'local', 'fibrin:localRun': true };

describe('the context', () => {
  it('puts a JWT authorizer in front when it is asked for', () => {
    const template = synth({ auth: 'jwt', jwtIssuer: 'https://issuer.example/', jwtAudience: 'one,two' });
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: 'https://issuer.example/', Audience: ['one', 'two'] },
    });
    const kinds = propertiesOf(template, 'AWS::ApiGatewayV2::Route').map(
      ({ AuthorizationType }) => AuthorizationType,
    );
    expect(kinds.sort()).toEqual(['JWT', 'JWT', 'JWT', 'JWT', 'NONE']);
  });

  it('opens the API in the local stage only', () => {
    const kinds = propertiesOf(synth(LOCAL), 'AWS::ApiGatewayV2::Route').map(
      ({ AuthorizationType }) => AuthorizationType,
    );
    expect(new Set(kinds)).toEqual(new Set(['NONE']));
  });

  it('makes CloudFormation refuse the local stage, and no other', () => {
    const rulesOf = (context: typeof LOCAL | undefined): unknown => synth(context).toJSON()['Rules'];
    expect(rulesOf(LOCAL)).toMatchObject({
      LocalStageStaysHere: {
        Assertions: [
          {
            Assert: { 'Fn::Equals': ['local', 'deployed'] },
            AssertDescription: expect.stringContaining('deploy another stage'),
          },
        ],
      },
    });
    expect(rulesOf(undefined)).not.toHaveProperty('LocalStageStaysHere');
  });

  it('sets no concurrency aside where an account has none to spare', () => {
    synth({ reserveConcurrency: 'off' }).allResourcesProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: Match.absent(),
    });
  });

  it("puts services of one's own in place of the stand-in, called without rights and signatures", () => {
    const template = synth({ downstreamUrl: 'https://api.example/v2' });
    expect(template.findResources('AWS::Lambda::Function')).not.toHaveProperty('Downstream');
    template.resourceCountIs('AWS::Lambda::Url', 0);
    const environments = Object.values(template.findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties }) => {
        const variables = Properties.Environment?.Variables ?? {};
        return 'DOWNSTREAM_URL' in variables ? [variables] : [];
      },
    );
    expect(environments).toHaveLength(3);
    for (const environment of environments)
      expect(environment).toMatchObject({
        DOWNSTREAM_URL: 'https://api.example/v2',
        DOWNSTREAM_AUTH: 'none',
      });
    expect(actionsIn(template)).not.toContain('lambda:InvokeFunctionUrl');
  });

  it('keeps no table of an emulator', () => {
    synth({ stage: 'emulator' }).allResources('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Delete' });
  });
});
