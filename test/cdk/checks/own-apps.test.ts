import { CfnRule, Fn, Stack } from 'aws-cdk-lib';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { ProfileStack } from '../../../cdk/stacks/profile-stack.ts';
import { forbidDeployment, stageOf } from '../../../cdk/stacks/stage.ts';
import { newFunction } from '../deliveries.ts';
import { findingsOf, newApp, reportOf } from './findings.ts';

const LOCAL = { stage: 'local', 'fibrin:localRun': true };
const JWT = { auth: 'jwt', jwtIssuer: 'https://issuer.example/', jwtAudience: 'profiles' };

const profileApp = (context: Readonly<Record<string, unknown>>) => {
  const app = newApp(context);
  new ProfileStack(app, 'Profile', { stage: stageOf(app.node) });
  return app;
};

describe('the app of this repository', () => {
  test.each([
    [{}, 1],
    [{ stage: 'prod', arch: 'x86_64', reserveConcurrency: 'off' }, 1],
    [JWT, 1],
    [{ downstreamUrl: 'https://api.example' }, 1],
    [{ stage: 'emulator' }, 1],
    [LOCAL, 5],
  ])('has no finding but its routes that are public, with a reason: %j', (context, publicRoutes) => {
    const report = reportOf(profileApp(context));
    expect(report?.violations).toEqual([]);
    const acknowledged = report?.suppressedViolations ?? [];
    expect(new Set(acknowledged.map(({ ruleName }) => ruleName))).toEqual(new Set(['OpenRoute']));
    expect(acknowledged).toHaveLength(publicRoutes);
  });
});

/** What is left of the lines of findings when the words are left out. */
const places = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.replace(/^(\w+) at Profile\/(.*?)(\/Resource)?: .*$/, '$1 $2')).toSorted();

describe('without what lets in who delivers, every delivery of the app is found', () => {
  const without = (change: (construct: IConstruct) => void): readonly string[] => {
    const app = profileApp({});
    for (const construct of app.node.findAll()) change(construct);
    return places(findingsOf(app));
  };
  const remove = (construct: IConstruct) => void construct.node.scope?.node.tryRemoveChild(construct.node.id);

  test('policies of queues', () => {
    const found = without((one) => {
      if (one instanceof CfnQueuePolicy) remove(one);
    });
    expect(found).toEqual([
      'DeliveryRefused Events/Contacts/Events/Rule',
      'DeliveryRefused Events/Contacts/Events/Rule',
      'DeliveryRefused Events/Internal/Bus',
      'DeliveryRefused Events/Public/Bus',
      'DeliveryRefused Events/Restricted/Bus',
      'DeliveryRefused Events/ToJournal',
      'DeliveryRefused Events/Updates/Events/Rule',
      'DeliveryRefused Events/Updates/Events/Rule',
    ]);
  });

  /** Its schedules, to the warmer and to its dead-letter queue. */
  const PINGS = 'Warmth/GetProfile/Warmer/ProfileGetProfileLive44A9AAE8';

  test('policies of roles', () => {
    const found = without((one) => {
      if (one instanceof CfnPolicy) remove(one);
    });
    expect(found).toEqual([
      'DeliveryRefused Events/Outbox/Mapping',
      'DeliveryRefused JournalProfile/Live/EventInvokeConfig',
      'DeliveryRefused Warmth/GetProfile/Warmer/Pings/Live/EventInvokeConfig',
      ...Array.from({ length: 2 }, () => `DeliveryRefused ${PINGS}/warm-2-1`),
      ...Array.from({ length: 2 }, () => `DeliveryRefused ${PINGS}/warm-2-2`),
    ]);
  });

  test('policies of keys', () => {
    const found = without((one) => {
      if (one instanceof CfnKey) one.keyPolicy = { Statement: [] };
    });
    expect(found).toEqual([
      'DeliveryKeyRefused Alarms/Pages/Topic',
      'DeliveryKeyRefused Alarms/Tickets/Topic',
      'DeliveryKeyRefused Events/Contacts/Events/Rule',
      'DeliveryKeyRefused Events/Contacts/Events/Rule',
      'DeliveryKeyRefused Events/Restricted/Bus',
      'EventBusKey Events/Restricted/Archive/Archive',
      'EventBusKey Events/Restricted/Bus',
    ]);
  });

  test('permissions of functions', () => {
    const found = without((one) => {
      if (one instanceof CfnPermission) remove(one);
    });
    expect(found).toEqual(['DeliveryRefused Events/ToJournal']);
  });
});

describe('a stage for this machine', () => {
  const FORBIDDEN =
    'LocalStage at Shop: Its rule LocalStageStaysHere forbids every deployment, and it is synthesized for one: CloudFormation refuses it, and an emulator that knows no rules deploys it.';

  const localStack = (context: Readonly<Record<string, unknown>> = {}) => {
    const stack = new Stack(newApp(context), 'Shop');
    newFunction(stack, 'Fn');
    forbidDeployment(stack);
    return stack;
  };

  test('is refused when it is synthesized for a deployment', () => {
    expect(findingsOf(localStack())).toEqual([FORBIDDEN]);
    expect(findingsOf(localStack({ 'fibrin:localRun': 'false' }))).toEqual([FORBIDDEN]);
  });

  // As the local run says it, and as `cdk -c` does.
  test.each([true, 'true'])('passes in the local run: %j', (localRun) => {
    expect(findingsOf(localStack({ 'fibrin:localRun': localRun }))).toEqual([]);
  });

  test('is not one that asks for something of its parameters', () => {
    const stack = new Stack(newApp(), 'Shop');
    new CfnRule(stack, 'Regions', {
      assertions: [
        { assert: Fn.conditionEquals(Fn.ref('AWS::Region'), 'eu-west-1'), assertDescription: 'There alone' },
      ],
    });
    expect(findingsOf(stack)).toEqual([]);
  });
});
