import { App, Duration, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { ResilienceTable } from '../../cdk/constructs/resilience-table.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import type { ResilientFunctionProps } from '../../cdk/constructs/resilient-function-props.ts';
import { rightsOf, statementsOf } from './rights.ts';

const FUNCTION = 'AWS::Lambda::Function';
const code = Code.fromInline('exports.handler = async () => undefined;');

const newStack = () =>
  new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Shop', {
    env: { region: 'eu-west-1' },
  });

function setUp(props: ResilientFunctionProps | ((stack: Stack) => ResilientFunctionProps) = { code }) {
  const stack = newStack();
  const fn = new ResilientFunction(stack, 'Charge', typeof props === 'function' ? props(stack) : props);
  return { stack, fn, template: Template.fromStack(stack) };
}

const keyActions = (template: Template): readonly (string | readonly string[])[] =>
  statementsOf(template)
    .filter(({ Action }) => JSON.stringify(Action).includes('kms:'))
    .map(({ Action }) => Action);

describe('a resilient function', () => {
  test('runs on Node.js 24 and arm64 for 10 s, traced, with a log as JSON that is kept for a month', () => {
    const { template } = setUp();
    template.hasResourceProperties(FUNCTION, {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 10,
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: Match.stringLikeRegexp('^ChargeLogs') } },
      ReservedConcurrentExecutions: Match.absent(),
      Environment: Match.absent(),
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
    template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 0);
  });

  test.each<[string, Omit<ResilientFunctionProps, 'code'>, object]>([
    ['timeout', { timeout: Duration.seconds(3) }, { Timeout: 3 }],
    ['memorySize', { memorySize: 1024 }, { MemorySize: 1024 }],
    ['handler', { handler: 'main.run' }, { Handler: 'main.run' }],
    ['runtime', { runtime: Runtime.NODEJS_22_X }, { Runtime: 'nodejs22.x' }],
    ['architecture', { architecture: Architecture.X86_64 }, { Architectures: ['x86_64'] }],
    [
      'reservedConcurrency',
      { reservedConcurrency: 0 },
      { ReservedConcurrentExecutions: 0, Environment: Match.absent() },
    ],
    [
      'reservedConcurrency, and says it to the function,',
      { reservedConcurrency: 4 },
      { ReservedConcurrentExecutions: 4, Environment: { Variables: { FIBRIN_RESERVED_CONCURRENCY: '4' } } },
    ],
    [
      'the reserved concurrency of functionProps, and says that',
      { reservedConcurrency: 4, functionProps: { reservedConcurrentExecutions: 5 } },
      { ReservedConcurrentExecutions: 5, Environment: { Variables: { FIBRIN_RESERVED_CONCURRENCY: '5' } } },
    ],
    [
      'a reserved concurrency that is a token, and says it by reference,',
      { reservedConcurrency: Token.asNumber({ Ref: 'Reserved' }) },
      { Environment: { Variables: { FIBRIN_RESERVED_CONCURRENCY: { Ref: 'Reserved' } } } },
    ],
    ['environment', { environment: { A: 'b' } }, { Environment: { Variables: { A: 'b' } } }],
    ['functionProps', { memorySize: 1024, functionProps: { memorySize: 256 } }, { MemorySize: 256 }],
    [
      'functionProps, whose environment is added,',
      { environment: { A: 'b' }, functionProps: { environment: { C: 'd' } } },
      { Environment: { Variables: { A: 'b', C: 'd' } } },
    ],
  ])('takes %s', (_, props, expected) => {
    setUp({ code, ...props }).template.hasResourceProperties(FUNCTION, expected);
  });

  test('takes how long its log is kept, or a log', () => {
    setUp({ code, logRetention: RetentionDays.ONE_WEEK }).template.hasResourceProperties(
      'AWS::Logs::LogGroup',
      { RetentionInDays: 7 },
    );
    const { template } = setUp((stack) => ({
      code,
      functionProps: { logGroup: new LogGroup(stack, 'Own', { retention: RetentionDays.ONE_DAY }) },
    }));
    template.resourceCountIs('AWS::Logs::LogGroup', 1);
    expect(JSON.stringify(statementsOf(template))).toContain('"Own');
  });

  test('has in the template the id that it is given', () => {
    expect(Object.keys(setUp({ code, logicalId: 'Charge' }).template.findResources(FUNCTION))).toEqual([
      'Charge',
    ]);
    expect(Object.keys(setUp().template.findResources(FUNCTION))).toEqual([
      expect.stringMatching(/^ChargeFunction[0-9A-F]{8}$/),
    ]);
  });

  test('is invoked, and measured, by its alias', () => {
    const stack = newStack();
    const fn = new ResilientFunction(stack, 'Charge', { code });
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    fn.grantInvoke(caller);
    for (const metric of [fn.metricErrors(), fn.metricDuration(), fn.metricThrottles()])
      expect(stack.resolve(metric.dimensions)).toMatchObject({ Resource: expect.anything() });
    expect(fn.metricErrors({ period: Duration.minutes(1) }).period.toSeconds()).toBe(60);
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Alias', { Name: 'live' });
    expect(statementsOf(template).find(({ Action }) => Action === 'lambda:InvokeFunction')?.Resource).toEqual(
      {
        Ref: expect.stringMatching(/^ChargeLive/),
      },
    );
  });

  test('may touch its own breakers and operations, and knows their table', () => {
    const { template } = setUp((stack) => ({
      code,
      resilience: {
        table: new ResilienceTable(stack, 'Resilience'),
        breakers: ['payments'],
        operations: ['charge'],
      },
    }));
    expect(rightsOf(statementsOf(template))).toEqual([
      'DeleteItem idempotency#charge#*',
      'GetItem breaker#payments',
      'GetItem idempotency#charge#*',
      'PutItem breaker#payments',
      'PutItem idempotency#charge#*',
      'UpdateItem outcomes#payments#*',
    ]);
    template.hasResourceProperties(FUNCTION, {
      Environment: { Variables: { FIBRIN_TABLE: { Ref: Match.stringLikeRegexp('^Resilience') } } },
    });
  });

  test('knows the table without a right where it names nothing', () => {
    const { template } = setUp((stack) => ({
      code,
      resilience: { table: new ResilienceTable(stack, 'Resilience') },
    }));
    expect(rightsOf(statementsOf(template))).toEqual([]);
  });

  test('synthesizes to the template of the snapshot', () => {
    const { template } = setUp((stack) => ({
      code,
      resilience: { table: new ResilienceTable(stack, 'Resilience'), breakers: ['payments'] },
      deadLetterQueue: new Queue(stack, 'Failures'),
      reservedConcurrency: 10,
    }));
    expect(template.toJSON()).toMatchSnapshot();
  });
});

describe('what the plain function leaves open', () => {
  const plain = (make: (stack: Stack) => object = () => ({})) => {
    const stack = newStack();
    const runtime = Runtime.NODEJS_24_X;
    new LambdaFunction(stack, 'Plain', { code, runtime, handler: 'index.handler', ...make(stack) });
    return Template.fromStack(stack);
  };
  const queueWithKey = (stack: Stack) =>
    new Queue(stack, 'Failures', { encryptionMasterKey: new Key(stack, 'Key') });

  test('a runtime that is no longer there is closed, which is the default without a feature flag', () => {
    const stack = newStack();
    new NodejsFunction(stack, 'Plain', { entry: 'functions/relay.ts' });
    const [plainRuntime, runtime] = [
      Template.fromStack(stack),
      setUp({ entry: 'functions/relay.ts' }).template,
    ].map((template) => Object.values(template.findResources(FUNCTION))[0]?.['Properties'].Runtime);
    expect(plainRuntime).toBe('nodejs16.x');
    expect(runtime).toBe('nodejs24.x');
  });

  test('a role that may write every log is closed: the role writes one log, and traces', () => {
    expect(JSON.stringify(plain().findResources('AWS::IAM::Role'))).toContain('AWSLambdaBasicExecutionRole');

    const { template } = setUp();
    template.hasResourceProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
    expect(statementsOf(template)).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^ChargeLogs/), 'Arn'] },
      },
      // X-Ray knows no resources.
      { Effect: 'Allow', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*' },
    ]);
  });

  test('a dead-letter queue whose key nobody granted is closed, however the queue is given', () => {
    expect(keyActions(plain((stack) => ({ deadLetterQueue: queueWithKey(stack) })))).toEqual([]);

    const given = [
      setUp((stack) => ({ code, deadLetterQueue: queueWithKey(stack) })),
      setUp((stack) => ({ code, functionProps: { deadLetterQueue: queueWithKey(stack) } })),
    ];
    for (const { template } of given)
      expect(keyActions(template)).toEqual([['kms:Decrypt', 'kms:GenerateDataKey']]);
  });

  test('a destination of `$LATEST`, which invocations through an alias never reach, is closed', () => {
    const failures = (stack: Stack) => ({ onFailure: new SqsDestination(new Queue(stack, 'Failures')) });
    plain(failures).hasResourceProperties('AWS::Lambda::EventInvokeConfig', { Qualifier: '$LATEST' });

    const given = [
      setUp((stack) => ({ code, functionProps: { ...failures(stack), retryAttempts: 1 } })),
      setUp((stack) => ({
        code,
        deadLetterQueue: new Queue(stack, 'Failures'),
        functionProps: { retryAttempts: 1 },
      })),
    ];
    for (const { template } of given) {
      template.resourceCountIs('AWS::Lambda::EventInvokeConfig', 1);
      template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
        Qualifier: Match.not('$LATEST'),
        MaximumRetryAttempts: 1,
        DestinationConfig: {
          OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Failures'), 'Arn'] } },
        },
      });
    }
  });

  test('an event source of `$LATEST` is closed: it is the alias that gets the events', () => {
    const events = (stack: Stack) => ({ events: [new SqsEventSource(new Queue(stack, 'Work'))] });
    const targetOf = (template: Template) =>
      JSON.stringify(
        Object.values(template.findResources('AWS::Lambda::EventSourceMapping'))[0]?.['Properties']
          .FunctionName,
      );
    expect(targetOf(plain(events))).not.toContain('live');
    expect(targetOf(setUp((stack) => ({ code, functionProps: events(stack) })).template)).toContain(':live');
  });
});

describe('props of a function', () => {
  test.each<[string, (stack: Stack) => ResilientFunctionProps, string]>([
    ['neither code nor a file', () => ({}), 'expected `entry` or `code`, got neither; name the file'],
    ['both', () => ({ code, entry: 'a.ts' }), 'expected one of `entry` and `code`, got both'],
    [
      'how to bundle what needs no bundling',
      () => ({ code, bundling: {} }),
      'expected one of `bundling` and `code`, got both',
    ],
    [
      'a file that is not there',
      () => ({ entry: 'functions/nowhere.ts' }),
      `expected \`entry\` to be a file, absolute or relative to ${process.cwd()}, got "functions/nowhere.ts"; correct it`,
    ],
    [
      'two places for failures',
      (stack) => {
        const queue = new Queue(stack, 'Failures');
        return { code, deadLetterQueue: queue, functionProps: { onFailure: new SqsDestination(queue) } };
      },
      'expected one of `deadLetterQueue` and `functionProps.onFailure`, got both',
    ],
    [
      'a second log',
      () => ({ code, functionProps: { logRetention: RetentionDays.ONE_DAY } }),
      'expected `logRetention`, got `functionProps.logRetention`, which makes another log; move it up',
    ],
  ])('are refused with %s', (_, props, trouble) => {
    expect(() => setUp(props)).toThrow(`Shop/Charge: ${trouble}`);
  });

  test('may bring a role, which gets the rights', () => {
    const { template } = setUp((stack) => ({
      code,
      functionProps: {
        role: new Role(stack, 'Own', {
          assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
          managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
        }),
      },
      resilience: { table: new ResilienceTable(stack, 'Resilience'), breakers: ['payments'] },
    }));
    template.resourceCountIs('AWS::IAM::Role', 1);
    expect(rightsOf(statementsOf(template))).toContain('PutItem breaker#payments');
  });
});
