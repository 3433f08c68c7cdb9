import { Annotations } from 'aws-cdk-lib';
import type { AlarmBase, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { AlarmSeverity } from './severity.ts';
import { letAlarmsNotify } from './topic-access.ts';

/** Whom alarms tell, and where it is written what to do. */
export interface AlarmActionProps {
  /**
   * What alarms do that a person has to act on now. They do it when the alarm begins, and when it ends. A topic here keeps the
   * policy that it has; `pageTopics` add to it.
   * @default - none
   */
  readonly pageActions?: readonly IAlarmAction[];
  /** What the other alarms do. @default - none */
  readonly ticketActions?: readonly IAlarmAction[];
  /** Topics to notify of what a person has to act on now. CloudWatch gets the right to, to their keys too. @default - none */
  readonly pageTopics?: readonly ITopic[];
  /** Topics to notify of the other alarms. @default - none */
  readonly ticketTopics?: readonly ITopic[];
  /**
   * Address of the runbook, without the section. Each alarm's description adds its own.
   * @default node_modules/fibrin/docs/runbook.md
   */
  readonly runbookUrl?: string;
}

/** The actions of a construct's alarms. Its topics are let in once, however many alarms notify them. */
export class AlarmActions {
  readonly #of: ReadonlyMap<AlarmSeverity, readonly IAlarmAction[]>;

  constructor(scope: Construct, props: AlarmActionProps) {
    const { pageActions = [], ticketActions = [], pageTopics = [], ticketTopics = [] } = props;
    for (const topic of new Set([...pageTopics, ...ticketTopics])) letAlarmsNotify(scope, topic);
    const toNotify = (topics: readonly ITopic[]) => topics.map((topic) => new SnsAction(topic));
    this.#of = new Map([
      [AlarmSeverity.PAGE, [...pageActions, ...toNotify(pageTopics)]],
      [AlarmSeverity.TICKET, [...ticketActions, ...toNotify(ticketTopics)]],
    ]);
    for (const [severity, actions] of this.#of)
      if (actions.length === 0)
        Annotations.of(scope).addWarningV2(
          `fibrin:alarms:${severity.name}`,
          `Alarms of the severity ${severity.name} notify no one; give \`${severity.name}Topics\` or \`${severity.name}Actions\`.`,
        );
  }

  /** Has an alarm do what its severity asks for, also when it ends: who was paged need not watch for it. */
  addTo(alarm: AlarmBase, severity: AlarmSeverity): void {
    const actions = this.#of.get(severity) ?? [];
    alarm.addAlarmAction(...actions);
    alarm.addOkAction(...actions);
  }
}
