import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { runCommand, startRun } from '../support/local-run.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const DYNALITE = ['--dynamodb', 'dynalite'];

function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  symlinkSync(MODULES, join(folder, 'node_modules'));
  return folder;
}

const HANDLER = `export const handler = async (event) => {
  const { AWS_REGION: region, ...env } = process.env;
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('MY_')));
  return { statusCode: 200, body: JSON.stringify({ region, ...own, path: event.rawPath }) };
};`;

/** Two stacks of one stage beside another stage, with types that do not run. */
const APP = `import { App, Stack, Stage, NestedStack, Duration } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as Fn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
const app = new App();
for (const name of ['Dev', 'Prod']) {
  const stage = new Stage(app, name, { env: { account: '111122223333', region: 'eu-west-1' } });
  const data = new Stack(stage, 'Data');
  const queue = new Queue(data, 'Queue');
  const inner = new Queue(new NestedStack(data, 'Inner'), 'Queue', { deadLetterQueue: { queue, maxReceiveCount: 2 } });
  const api = new Stack(stage, 'Api');
  const key = new Key(api, 'Key');
  const stream = new Stream(api, 'Stream', { streamName: 'clicks' });
  const vpc = new Vpc(api, 'Vpc', { natGateways: 0, maxAzs: 1 });
  const http = new HttpApi(api, 'Http');
  const fn = new Fn(api, 'Fn', {
    code: Code.fromAsset('handlers'), runtime: Runtime.NODEJS_24_X, handler: 'index.handler', timeout: Duration.seconds(10),
    environment: {
      MY_QUEUE: queue.queueUrl, MY_ARN: queue.queueArn, MY_INNER: inner.queueName, MY_KEY: key.keyArn, MY_STREAM: stream.streamName,
      MY_API: http.url, MY_PARAMETER: StringParameter.valueForStringParameter(api, '/orders/url'),
      MY_SECRET: '{{resolve:secretsmanager:db:SecretString:password}}',
    },
  });
  new Alarm(api, 'Alarm', { metric: fn.metricErrors(), threshold: 1, evaluationPeriods: 1 });
  http.addRoutes({ path: '/env', methods: [HttpMethod.GET], integration: new HttpLambdaIntegration('Env', fn) });
}
`;

describe("a stranger's app", () => {
  const folder = project({
    'cdk.json': '{"app":"node app.mjs"}',
    'app.mjs': APP,
    'handlers/index.mjs': HANDLER,
    'values.env': `/orders/url=https://example.com\ndb='{"password":"x y"}'\n`,
  });
  const WITHOUT = ['--without', 'AWS::Kinesis::Stream'];
  const VALUES = ['--env-file', 'values.env'];

  it('runs with its stacks, their references and what the user gives', async () => {
    const run = await startRun([...DYNALITE, '--stack', 'Dev/Api', ...WITHOUT, ...VALUES], {}, folder);
    const answer = (await (await fetch(`${run.url}/env`)).json()) as Record<string, string>;
    await run.stop();
    expect(answer).toMatchObject({
      ...{ region: 'eu-west-1', path: '/env', MY_PARAMETER: 'https://example.com', MY_SECRET: 'x y' },
      MY_ARN: expect.stringMatching(/^arn:aws:sqs:eu-west-1:111122223333:Dev-Data-Queue/),
      MY_QUEUE: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
      MY_INNER: expect.stringMatching(/^Dev-Data-.*Queue/),
      MY_KEY: expect.stringMatching(/^arn:aws:kms:eu-west-1:111122223333:/),
      MY_API: `${run.url}/`,
    });
    const output = run.output();
    expect(output).toMatch(/^stacks Dev\/Api, Dev\/Data: account 111122223333, region eu-west-1$/m);
    expect(output).toMatch(
      /^left out:\n {2}Stream\w+, AWS::Kinesis::Stream — referred to by Fn\w+\.Environment$/m,
    );
    expect(output).toMatch(/^ +1 × AWS::CloudWatch::Alarm — \w+/m);
    expect(output).toMatch(/^ +1 × AWS::EC2::VPC — \w+/m);
    expect(output).toMatch(
      /^properties without effect on this machine:\n(?: {2}.*\n)* {2}AWS::Lambda::Function: .*Role/m,
    );
    expect(output).toMatch(
      /^made-up values, for what does not run on this machine:\n {2}Key\w+\.Arn in Fn\w+\.Environment\n {2}Stream\w+ in Fn/m,
    );
  });

  it.each([
    [
      [],
      /several stages: Dev\/Data, Dev\/Api, Prod\/Data, Prod\/Api; choose with --stack, for instance --stack 'Prod\/\*'/,
    ],
    [['--stack', 'Dev/*'], /holds AWS::Kinesis::Stream, .* run without: --without AWS::Kinesis::Stream/],
    [['--stack', 'Dev/*', ...WITHOUT], /Fn\w+\.Environment: .*\/orders\/url.*--env-file/],
    [
      ['--stack', 'Dev/*', '--without', 'Nobody'],
      /--without Nobody: no resource of the template has that type or logical id/,
    ],
    [['--stack', 'Test/*'], /no stack is called Test\/\*; --stack takes one of /],
  ])('that cannot run says in one line what to do: %j', async (args, reason) => {
    const { code, output } = await runCommand(['local', '--port', '0', ...DYNALITE, ...args], {}, folder);
    expect(code).toBe(1);
    const lines = output.split('\n').filter((line) => line.startsWith('fibrin: '));
    expect(lines).toEqual([expect.stringMatching(reason)]);
  });
});

describe('a plain template', () => {
  it('runs, in a folder without an app too', async () => {
    const folder = project({
      'handlers/index.mjs': HANDLER,
      'template.yaml': `Parameters:
  Greeting: { Type: String }
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      Code: handlers
      Runtime: nodejs24.x
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Environment: { Variables: { MY_GREETING: !Ref Greeting, MY_NAME: !Sub "\${AWS::StackName}" } }
  Role: { Type: AWS::IAM::Role }
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: plain, ProtocolType: HTTP } }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Fn.Arn, PayloadFormatVersion: "2.0" }
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: GET /, Target: !Sub "integrations/\${Integration}" }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: $default, AutoDeploy: true } }
`,
      'values.env': 'Greeting=hello\n',
    });
    const run = await startRun(
      [...DYNALITE, '--template', 'template.yaml', '--env-file', 'values.env'],
      {},
      folder,
    );
    const answer = await (await fetch(`${run.url}/`)).json();
    await run.stop();
    expect(answer).toMatchObject({ MY_GREETING: 'hello', MY_NAME: 'template' });
  });
});
