import { RUNBOOK } from './runbook.ts';
import { AlarmSeverity } from './severity.ts';

/** What one kind of alarm is unless it is said otherwise. */
export interface AlarmKind {
  readonly threshold: number;
  /** Of the last three periods. */
  readonly datapointsToAlarm: number;
  readonly severity: AlarmSeverity;
  /** Of the runbook. */
  readonly section: string;
}

/** By the props of `ResilienceAlarms` that change them. */
export type AlarmKindName =
  | 'breakerOpen'
  | 'heldKeys'
  | 'deadLetters'
  | 'urgentDeadLetters'
  | 'deadLetterAge'
  | 'throttles'
  | 'spillover'
  | 'warmShortfall';

const { PAGE, TICKET } = AlarmSeverity;
const DAY_S = 24 * 60 * 60;

export const ALARM_KINDS: Readonly<Record<AlarmKindName, AlarmKind>> = {
  // What users notice of it pages by the error budget.
  breakerOpen: { threshold: 1, datapointsToAlarm: 1, severity: TICKET, section: RUNBOOK.breakerOpen },
  heldKeys: { threshold: 1, datapointsToAlarm: 1, severity: PAGE, section: RUNBOOK.heldKeys },
  urgentDeadLetters: { threshold: 1, datapointsToAlarm: 1, severity: PAGE, section: RUNBOOK.deadLetters },
  deadLetters: { threshold: 1, datapointsToAlarm: 1, severity: TICKET, section: RUNBOOK.deadLetters },
  // SQS counts a message's 14 days from when it was first sent, which may be days before it came here.
  deadLetterAge: {
    threshold: 4 * DAY_S,
    datapointsToAlarm: 1,
    severity: PAGE,
    section: RUNBOOK.deadLetterAge,
  },
  // All three: periods slide by the minute, so that a burst of two minutes is in two of them. It takes seven minutes to be in three.
  throttles: { threshold: 1, datapointsToAlarm: 3, severity: TICKET, section: RUNBOOK.throttles },
  spillover: { threshold: 1, datapointsToAlarm: 3, severity: TICKET, section: RUNBOOK.spillover },
  warmShortfall: { threshold: 1, datapointsToAlarm: 2, severity: TICKET, section: RUNBOOK.warmShortfall },
};
