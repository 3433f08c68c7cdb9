import { Duration } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import {
  type CacheTable,
  DeadLetterQueue,
  EventConsumer,
  OutboxRelay,
  type ResilientFunction,
  Sensitivity,
  SensitivityBus,
} from 'fibrin/cdk';
import type { MakeFunction } from './functions.ts';

export interface ProfileEventsProps {
  /** The table whose items carry an outbox, with a stream. */
  readonly users: TableV2;
  /** The read model and the journal. */
  readonly views: TableV2;
  readonly cache: CacheTable;
  /** E-mail addresses, apart from all else. */
  readonly contacts: TableV2;
  readonly fn: MakeFunction;
}

const TIMEOUT = Duration.seconds(10);
const eventPattern = (detailType: string) => ({ source: ['profiles'], detailType: [detailType] });

/**
 * What follows from a changed profile: stream → relay → a bus for each sensitivity. From the public one a queue leads to the read
 * model, from the restricted one another to the addresses; the internal one invokes the journal directly. Whatever fails on the
 * way ends in a queue of its own, with the reason.
 */
export class ProfileEvents extends Construct {
  readonly relay: OutboxRelay;
  /** Takes one event. The others take batches of records. */
  readonly journal: ResilientFunction;
  readonly functions: readonly ResilientFunction[];

  constructor(scope: Construct, id: string, props: ProfileEventsProps) {
    super(scope, id);
    const { users, fn } = props;
    const { bus: open } = new SensitivityBus(this, 'Public', { sensitivity: Sensitivity.PUBLIC });
    const internal = new SensitivityBus(this, 'Internal', { sensitivity: Sensitivity.INTERNAL });
    const { bus: restricted } = new SensitivityBus(this, 'Restricted', {
      sensitivity: Sensitivity.RESTRICTED,
    });
    const relay = fn('Relay', 'relay', { timeout: TIMEOUT, reservedConcurrency: 10 });
    this.relay = new OutboxRelay(this, 'Outbox', {
      table: users,
      buses: { PUBLIC_BUS: open, INTERNAL_BUS: internal.bus, RESTRICTED_BUS: restricted },
      resilientFunction: relay,
    });
    this.journal = this.#journal(internal, props);
    this.functions = [relay, this.#readModel(open, props), this.#addresses(restricted, props), this.journal];
  }

  #readModel(bus: IEventBus, { views, cache, fn }: ProfileEventsProps): ResilientFunction {
    const onUpdated = fn('OnProfileUpdated', 'on-profile-updated', {
      timeout: TIMEOUT,
      reservedConcurrency: 10,
      environment: { VIEWS_TABLE: views.tableName, CACHE_TABLE: cache.table.tableName },
    });
    views.grant(onUpdated, 'dynamodb:GetItem', 'dynamodb:PutItem');
    cache.grantCaches(onUpdated, ['users']);
    new EventConsumer(this, 'Updates', {
      bus,
      eventPattern: eventPattern('profile.updated'),
      resilientFunction: onUpdated,
    });
    return onUpdated;
  }

  /** Two at once are enough, the fewest that a queue may have. */
  #addresses(bus: IEventBus, { contacts, fn }: ProfileEventsProps): ResilientFunction {
    const onContactChanged = fn('OnContactChanged', 'on-contact-changed', {
      timeout: TIMEOUT,
      reservedConcurrency: 5,
      environment: { CONTACTS_TABLE: contacts.tableName },
    });
    contacts.grant(onContactChanged, 'dynamodb:GetItem', 'dynamodb:PutItem');
    new EventConsumer(this, 'Contacts', {
      bus,
      eventPattern: eventPattern('profile.contact-changed'),
      resilientFunction: onContactChanged,
      maxConcurrency: 2,
    });
    return onContactChanged;
  }

  /** Without a queue, with Lambda's own retries. */
  #journal({ bus }: SensitivityBus, { views, fn }: ProfileEventsProps): ResilientFunction {
    const journal = fn('JournalProfile', 'journal-profile', {
      timeout: TIMEOUT,
      reservedConcurrency: 10,
      environment: { VIEWS_TABLE: views.tableName },
      deadLetterQueue: new DeadLetterQueue(this, 'Unjournaled').queue,
      functionProps: { retryAttempts: 2 },
    });
    views.grant(journal, 'dynamodb:GetItem', 'dynamodb:PutItem');
    const undelivered = new DeadLetterQueue(this, 'Undelivered');
    const rule = new Rule(this, 'ToJournal', {
      eventBus: bus,
      eventPattern: eventPattern('profile.revised'),
      targets: [new LambdaFunction(journal.alias, { deadLetterQueue: undelivered.queue })],
    });
    undelivered.acceptFromRule(rule);
    return journal;
  }
}
