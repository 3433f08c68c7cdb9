import { Construct } from 'constructs';
import {
  AlarmTopic,
  BurnRateAlarms,
  type DeadLetterQueue,
  RequestMetricsOf,
  ResilienceAlarms,
  ResilienceDashboard,
  type ResilientFunction,
  type ResilientHttpApi,
  type WarmedAlias,
} from 'fibrin/cdk';

export interface ProfileAlarmsProps {
  readonly api: ResilientHttpApi;
  readonly functions: readonly ResilientFunction[];
  readonly deadLetterQueues: readonly DeadLetterQueue[];
  /** Holds changes that the relay gave up, which are of use for hours only. */
  readonly unrelayed: DeadLetterQueue;
  readonly warmed: readonly WarmedAlias[];
}

/** As the functions write their metrics. */
const NAMESPACE = 'Profiles';

/** What is watched, and whom it tells: subscribe to both topics. */
export class ProfileAlarms extends Construct {
  constructor(scope: Construct, id: string, props: ProfileAlarmsProps) {
    super(scope, id);
    const { api, functions, deadLetterQueues, unrelayed, warmed } = props;
    const tells = {
      pageTopics: [new AlarmTopic(this, 'Pages').topic],
      ticketTopics: [new AlarmTopic(this, 'Tickets').topic],
    };
    // The naive route counts too: with it in use an outage burns the budget.
    const objective = { ...RequestMetricsOf.httpApi(api.api), availability: 0.999 };
    const aliases = functions.map(({ alias }) => alias);
    const watched = {
      namespace: NAMESPACE,
      breakers: ['posts', 'users'],
      operations: ['put-profile'],
      functions: aliases,
      warmed,
    };
    const queues = deadLetterQueues.filter((queue) => queue !== unrelayed).map(({ queue }) => queue);
    const availability = new BurnRateAlarms(this, 'Availability', { ...objective, ...tells });
    const resilience = new ResilienceAlarms(this, 'Resilience', {
      ...watched,
      ...tells,
      deadLetterQueues: queues,
      urgentDeadLetterQueues: [unrelayed.queue],
    });
    new ResilienceDashboard(this, 'Dashboard', {
      ...objective,
      ...watched,
      deadLetterQueues: [...queues, unrelayed.queue],
      latency: api.metricLatency(),
      alarms: [...availability.composites, ...resilience.alarms],
    });
  }
}
