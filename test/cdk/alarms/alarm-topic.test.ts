import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { AlarmTopic, type AlarmTopicProps } from '../../../cdk/constructs/alarms/alarm-topic.ts';
import { ResilienceAlarms } from '../../../cdk/constructs/alarms/resilience-alarms.ts';
import { allowedTo, arn, KEY, newStack, warnings } from '../deliveries.ts';

const TOPIC = 'AWS::SNS::Topic';
const TOPIC_POLICY = 'AWS::SNS::TopicPolicy';
const CLOUDWATCH = 'cloudwatch.amazonaws.com';
const FROM_ALARMS = {
  ArnLike: { 'aws:SourceArn': arn('cloudwatch:eu-west-1:111122223333:alarm:*') },
  StringEquals: { 'aws:SourceAccount': '111122223333' },
};

function setUp(props?: AlarmTopicProps) {
  const stack = newStack();
  const topic = new AlarmTopic(stack, 'Pages', props);
  return { stack, topic, template: () => Template.fromStack(stack) };
}

/** What notifies a topic, by the CDK alone or by the construct. */
const plainAlarm = (stack: ReturnType<typeof newStack>, topic: Topic) => {
  const metric = new Metric({ namespace: 'Shop', metricName: 'Errors' });
  new Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(
    new SnsAction(topic),
  );
};

describe('a topic for alarms', () => {
  test('is encrypted with a key that rotates and goes with it, over TLS only', () => {
    const template = setUp().template();
    template.hasResourceProperties(TOPIC, { KmsMasterKeyId: { 'Fn::GetAtt': [expectKey(template), 'Arn'] } });
    template.hasResource(KEY, { DeletionPolicy: 'Delete', Properties: { EnableKeyRotation: true } });
    expect(JSON.stringify(template.findResources(TOPIC_POLICY))).toContain('"aws:SecureTransport":"false"');
  });

  test('may be published to by alarms, which the CDK lets use neither the key nor a topic with a policy', () => {
    const plain = newStack();
    plainAlarm(plain, new Topic(plain, 'Pages', { masterKey: new Key(plain, 'Key'), enforceSSL: true }));
    expect(allowedTo(Template.fromStack(plain), KEY, CLOUDWATCH)).toEqual([]);
    expect(allowedTo(Template.fromStack(plain), TOPIC_POLICY, CLOUDWATCH)).toEqual([]);

    const template = setUp().template();
    expect(allowedTo(template, KEY, CLOUDWATCH)).toEqual([
      { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], condition: FROM_ALARMS, resource: '*' },
    ]);
    expect(allowedTo(template, TOPIC_POLICY, CLOUDWATCH)).toEqual([
      {
        actions: ['sns:Publish'],
        condition: FROM_ALARMS,
        resource: { Ref: expect.stringMatching('^PagesTopic') },
      },
    ]);
  });

  test('takes a key, and props of the topic', () => {
    const stack = newStack();
    const encryptionKey = new Key(stack, 'Own');
    new AlarmTopic(stack, 'A', { encryptionKey });
    new AlarmTopic(stack, 'B', { topicProps: { masterKey: encryptionKey, topicName: 'pages' } });
    Template.fromStack(stack).resourceCountIs(KEY, 1);
    Template.fromStack(stack).hasResourceProperties(TOPIC, { TopicName: 'pages' });
    expect(() => setUp({ encryptionKey, topicProps: { masterKey: encryptionKey } })).toThrow(
      'Shop/Pages: expected one of `encryptionKey` and `topicProps.masterKey`',
    );
  });

  test('is an action of any alarm', () => {
    const { stack, topic } = setUp();
    const metric = new Metric({ namespace: 'Shop', metricName: 'Errors' });
    const alarm = new Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 });
    alarm.addAlarmAction(topic.action());
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [stack.resolve(topic.topic.topicArn)],
    });
  });

  test('synthesizes to the template of the snapshot', () => {
    expect(setUp().template().toJSON()).toMatchSnapshot();
  });
});

describe('a topic that alarms are given', () => {
  const alarms = (stack: ReturnType<typeof newStack>, topic: ITopic) =>
    new ResilienceAlarms(stack, 'Alarms', {
      ...{ namespace: 'Shop', breakers: ['payments', 'posts'] },
      ...{ pageTopics: [topic], ticketTopics: [topic] },
    });

  test('lets them in, once however many notify it', () => {
    const stack = newStack();
    alarms(stack, new Topic(stack, 'Own', { masterKey: new Key(stack, 'Key'), enforceSSL: true }));
    const template = Template.fromStack(stack);
    expect(allowedTo(template, KEY, CLOUDWATCH)).toHaveLength(1);
    expect(allowedTo(template, TOPIC_POLICY, CLOUDWATCH)).toHaveLength(1);
  });

  test('needs no key', () => {
    const stack = newStack();
    alarms(stack, new Topic(stack, 'Own'));
    Template.fromStack(stack).resourceCountIs(KEY, 0);
  });

  test('is refused with the key of AWS, which lets nobody in', () => {
    const stack = newStack();
    const masterKey = Alias.fromAliasName(stack, 'Aws', 'alias/aws/sns');
    expect(() => alarms(stack, new Topic(stack, 'Own', { masterKey }))).toThrow(
      'Shop/Alarms: expected a topic that CloudWatch can notify, got Shop/Own with the key alias/aws/sns',
    );
  });

  test('is warned of where it is imported', () => {
    const stack = newStack();
    const topic = Topic.fromTopicArn(stack, 'Own', 'arn:aws:sns:eu-west-1:111122223333:pages');
    alarms(stack, topic);
    expect(warnings(stack)).toEqual([expect.stringContaining('"Action":"sns:Publish"')]);
  });
});

function expectKey(template: Template): string {
  const [key = ''] = Object.keys(template.findResources(KEY));
  return key;
}
