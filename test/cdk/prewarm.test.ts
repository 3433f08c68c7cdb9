import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Policy } from 'aws-cdk-lib/aws-iam';
import { Alias, Code } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { Prewarm, type PrewarmProps, type PrewarmTargetProps } from '../../cdk/constructs/prewarm.ts';
import { ResilientFunction } from '../../cdk/constructs/resilient-function.ts';
import { acknowledged, allowedToRoles, newFunction, newStack } from './deliveries.ts';
import { stable } from './stable.ts';

const PREWARM = 'Custom::FibrinPrewarm';
const code = Code.fromInline('exports.handler = async () => undefined;');

function setUp(target: PrewarmTargetProps = {}, props: PrewarmProps = {}) {
  const stack = newStack();
  const charge = new ResilientFunction(stack, 'Charge', { code });
  const prewarm = new Prewarm(stack, 'Prewarm', props);
  prewarm.add(charge.alias, target);
  return { stack, charge, prewarm, template: () => Template.fromStack(stack) };
}

const idOf = (template: Template, type: string, like: string) =>
  Object.keys(template.findResources(type)).find((id) => id.startsWith(like)) ?? '';

describe('an alias', () => {
  test('moves to a version once that has answered, where the CDK moves it at once', () => {
    const template = setUp().template();
    const prewarm = idOf(template, PREWARM, 'Prewarm');
    template.hasResource('AWS::Lambda::Alias', {
      Properties: { FunctionName: { Ref: Match.stringLikeRegexp('^Charge') } },
      DependsOn: [prewarm],
    });
    template.hasResourceProperties(PREWARM, {
      Version: { Ref: Match.stringLikeRegexp('^ChargeFunctionCurrentVersion') },
      TimeoutMs: '30000',
      Payload: Match.absent(),
      ServiceTimeout: '900',
    });
    const plain = newStack();
    new ResilientFunction(plain, 'Charge', { code });
    Template.fromStack(plain).hasResource('AWS::Lambda::Alias', { DependsOn: Match.absent() });
  });

  test.each<[string, PrewarmTargetProps, object]>([
    ['timeout', { timeout: Duration.seconds(90) }, { TimeoutMs: '90000' }],
    ['payload', { payload: { kind: 'check' } }, { Payload: '{"kind":"check"}' }],
  ])('takes %s', (_, target, expected) => {
    setUp(target).template().hasResourceProperties(PREWARM, expected);
  });

  test.each<[string, (stack: Stack) => Alias, string]>([
    [
      'of $LATEST',
      (stack) =>
        new Alias(stack, 'Latest', { aliasName: 'live', version: newFunction(stack, 'Plain').latestVersion }),
      'expected the alias Shop/Latest to point at a published version, got $LATEST',
    ],
    [
      'of another stack',
      (stack) => new ResilientFunction(new Stack(stack.node.root as App, 'Other'), 'Charge', { code }).alias,
      'expected an alias of this stack, got Other/Charge/Live; make a Prewarm in its stack',
    ],
  ])('is refused %s', (_, alias, reason) => {
    const stack = newStack();
    expect(() => new Prewarm(stack, 'Prewarm').add(alias(stack))).toThrow(`Shop/Prewarm: ${reason}`);
  });

  test.each([Duration.millis(1), Duration.seconds(91), Duration.seconds(0)])(
    'is refused with a timeout of %s',
    (timeout) => {
      expect(() => setUp({ timeout })).toThrow(/timeout|whole number/);
    },
  );
});

describe('the function that does it', () => {
  test('may invoke the versions of the functions that were added, and nothing else', () => {
    const { stack, prewarm, template } = setUp();
    prewarm.add(new ResilientFunction(stack, 'Refund', { code }).alias);
    expect(allowedToRoles(template(), 'lambda:')).toEqual(
      ['^ChargeFunction', '^RefundFunction'].map((id) => ({
        actions: ['lambda:InvokeFunction'],
        condition: undefined,
        resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(id), 'Arn'] }, ':*']] },
      })),
    );
  });

  test('says why its right has a wildcard, and why it has no dead-letter queue', () => {
    const { stack, prewarm } = setUp();
    prewarm.add(new ResilientFunction(stack, 'Refund', { code, logicalId: 'RefundByHand' }).alias);
    const right = prewarm.node
      .findAll()
      .find((one) => one instanceof Policy && /Refund.*Right$/.test(one.node.id));
    expect(right && acknowledged(right)).toContain(
      'AwsSolutions::AwsSolutions-IAM5[Resource::<RefundByHand.Arn>:*]',
    );
    expect(acknowledged(prewarm.function.function)).toContain('Serverless::Serverless-LambdaDLQ');
  });

  test('waits for no function but the one that it invokes: another may need the alias', () => {
    const { stack, charge, prewarm, template } = setUp();
    const shop = new ResilientFunction(stack, 'Buy', { code });
    charge.grantInvoke(shop);
    prewarm.add(shop.alias);
    // Refuses circles.
    const rights = template().findResources('AWS::IAM::Policy');
    for (const { DependsOn: waitsFor } of Object.values(template().findResources(PREWARM)))
      expect(waitsFor.map((id: string) => rights[id]?.['Properties'].PolicyDocument.Statement)).toEqual([
        [expect.objectContaining({ Action: 'lambda:InvokeFunction' })],
      ]);
  });

  test('is one for all, and keeps its log for as long as it is told', () => {
    const { stack, prewarm, template } = setUp({}, { logRetention: RetentionDays.ONE_WEEK });
    prewarm.add(new ResilientFunction(stack, 'Refund', { code }).alias);
    template().resourceCountIs(PREWARM, 2);
    template().hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.prewarm',
      Timeout: 180,
      MemorySize: 256,
    });
    template().hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });
});

test('a prewarm synthesizes to the template of the snapshot', () => {
  expect(stable(setUp().template())).toMatchSnapshot();
});
