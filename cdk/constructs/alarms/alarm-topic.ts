import { RemovalPolicy } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Topic, type TopicProps } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { refuseBoth } from '../refuse.ts';
import { letAlarmsNotify } from './topic-access.ts';

export interface AlarmTopicProps {
  /** A key of your own, whose policy is added to. @default - one is made; it costs $1 a month */
  readonly encryptionKey?: IKey;
  /** Of the topic; they win. @default - none */
  readonly topicProps?: TopicProps;
}

/**
 * A topic for alarms, encrypted and over TLS only, to which CloudWatch may publish. Subscribe to it what pages, or writes tickets.
 *
 * The CDK lets CloudWatch use neither the key nor a topic with a policy of its own: the alarm changes its state, and no person hears
 * of it.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
 * import { AlarmTopic } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const pages = new AlarmTopic(stack, 'Pages');
 * pages.topic.addSubscription(new EmailSubscription('oncall@example.com'));
 * ```
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, props: AlarmTopicProps = {}) {
    super(scope, id);
    const { encryptionKey, topicProps = {} } = props;
    refuseBoth(this, { encryptionKey, 'topicProps.masterKey': topicProps.masterKey });
    // Nothing is kept under it, so it may go with the topic.
    this.encryptionKey =
      encryptionKey ??
      topicProps.masterKey ??
      new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    this.topic = new Topic(this, 'Topic', { enforceSSL: true, ...topicProps, masterKey: this.encryptionKey });
    letAlarmsNotify(this, this.topic);
  }

  /** As an action of any other alarm. */
  action(): IAlarmAction {
    return new SnsAction(this.topic);
  }
}
