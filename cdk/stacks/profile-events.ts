import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { MakeFunction } from './functions.ts';

export interface ProfileEventsProps {
  /** The table whose items carry an outbox, with a stream. */
  readonly users: TableV2;
  /** The read model. */
  readonly views: TableV2;
  readonly cache: TableV2;
  readonly fn: MakeFunction;
}

const TIMEOUT = Duration.seconds(10);

/**
 * What follows from a changed profile: stream → relay → bus, and from there by one rule through a queue to the read model,
 * by another straight to the journal. Whatever fails on the way ends in a queue of its own, with the reason.
 */
export class ProfileEvents extends Construct {
  constructor(scope: Construct, id: string, { users, views, cache, fn }: ProfileEventsProps) {
    super(scope, id);
    const bus = new EventBus(this, 'Bus');
    const undelivered = deadLetters(this, 'Undelivered');

    const relay = fn('Relay', 'relay', {
      timeout: TIMEOUT,
      reservedConcurrency: 10,
      environment: { BUS: bus.eventBusName },
    });
    bus.grantPutEventsTo(relay);
    relay.alias.addEventSource(
      new DynamoEventSource(users, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: 100,
        onFailure: new SqsDlq(deadLetters(this, 'Unrelayed')),
      }),
    );

    const updated = { source: ['profiles'], detailType: ['profile.updated'] };
    const queue = new Queue(this, 'Updates', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // AWS's advice: six times what the function may take.
      visibilityTimeout: Duration.seconds(6 * TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: deadLetters(this, 'Unprocessed'), maxReceiveCount: 5 },
    });
    new Rule(this, 'ToQueue', {
      eventBus: bus,
      eventPattern: updated,
      targets: [new SqsQueue(queue, { deadLetterQueue: undelivered })],
    });
    const onUpdated = fn('OnProfileUpdated', 'on-profile-updated', {
      timeout: TIMEOUT,
      reservedConcurrency: 10,
      environment: { VIEWS_TABLE: views.tableName, CACHE_TABLE: cache.tableName },
    });
    views.grant(onUpdated, 'dynamodb:GetItem', 'dynamodb:PutItem');
    cache.grant(onUpdated, 'dynamodb:DeleteItem');
    onUpdated.alias.addEventSource(
      new SqsEventSource(queue, { batchSize: 10, maxConcurrency: 5, reportBatchItemFailures: true }),
    );

    const journal = fn('JournalProfile', 'journal-profile', {
      timeout: TIMEOUT,
      reservedConcurrency: 10,
      environment: { VIEWS_TABLE: views.tableName },
      deadLetterQueue: deadLetters(this, 'Unjournaled'),
      functionProps: { retryAttempts: 2 },
    });
    views.grant(journal, 'dynamodb:GetItem', 'dynamodb:PutItem');
    new Rule(this, 'ToJournal', {
      eventBus: bus,
      eventPattern: updated,
      targets: [new LambdaFunction(journal.alias, { deadLetterQueue: undelivered })],
    });
  }
}
