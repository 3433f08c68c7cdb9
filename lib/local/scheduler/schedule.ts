import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { commonDeadLetterAttributes, type Delivery, deliver } from '../delivery.ts';
import type { Dispatch } from '../handover.ts';
import { startDueTimes } from './due-times.ts';
import { scheduleTimes } from './schedule-times.ts';

/** A schedule of EventBridge Scheduler. */
export interface ScheduleModel {
  readonly name: string;
  readonly arn: string;
  readonly expression: string;
  /** A name of the IANA database, such as `UTC`. */
  readonly timezone: string;
  readonly state: 'ENABLED' | 'DISABLED';
  /** ISO 8601, in UTC. One-time schedules take no notice of either. */
  readonly startDate?: string | undefined;
  readonly endDate?: string | undefined;
  readonly targetArn: string;
  readonly input: string;
  /** Integer, 0 to 185; AWS's default is 185. */
  readonly maximumRetryAttempts: number;
  /** Seconds, 60 to 86,400; AWS's default is 86,400. */
  readonly maximumEventAgeSeconds: number;
  /** An ARN. */
  readonly deadLetterQueue?: string | undefined;
  /** For a FIFO queue. */
  readonly messageGroupId?: string;
}

export interface ScheduleOptions {
  readonly dispatch: Dispatch;
  /** The platform's time: of the schedule, the back-off and the age. */
  readonly platform: Clock;
  readonly random: Random;
}

export interface ScheduleState {
  readonly name: string;
  readonly state: ScheduleModel['state'];
  readonly expression: string;
  readonly timezone: string;
  /** ISO 8601; undefined when it does not run again. */
  readonly next: string | undefined;
  /** Times that it was due. */
  readonly runs: number;
}

/** What became of a schedule's runs; of those of a rule its targets tell. */
export interface ScheduleOutcomes {
  readonly delivered: number;
  readonly retries: number;
  readonly deadLettered: number;
  readonly dropped: number;
  /** Why a run was given up, or its dead letter refused, the last time. */
  readonly lastFailure: string | undefined;
}

export interface RunningSchedule<Outcomes = unknown> {
  state(): ScheduleState & Outcomes;
  stop(): void;
}

/** `2022-03-22T18:59:43Z`, as Scheduler writes it. */
const toSeconds = (epochMs: number) => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

/**
 * Runs a schedule: hands its input to the target whenever it is due, again where that fails, and to the dead-letter
 * queue in the end.
 * @throws {LocalRunError} for an expression, timezone or date that AWS refuses.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
 */
export function startSchedule(
  model: ScheduleModel,
  options: ScheduleOptions,
): RunningSchedule<ScheduleOutcomes> {
  const { dispatch, platform, random } = options;
  const { arn: scheduleArn, maximumRetryAttempts, maximumEventAgeSeconds, deadLetterQueue } = model;
  const times = scheduleTimes(model);
  const counts = { runs: 0, delivered: 0, retries: 0, deadLettered: 0, dropped: 0 };
  const deliveries = new Set<Delivery>();
  let lastFailure: string | undefined;
  let stopped = false;

  const run = async (dueAt: number) => {
    counts.runs++;
    let executionId = '';
    const delivery = deliver({
      dispatch,
      platform,
      random,
      arn: model.targetArn,
      maximumRetryAttempts,
      maximumEventAgeSeconds,
      deadLetterQueue,
      message(attempt) {
        executionId = random.token().replaceAll('-', '').slice(0, 16);
        const attributes: Readonly<Record<string, string>> = {
          'schedule-arn': scheduleArn,
          'scheduled-time': toSeconds(dueAt),
          'execution-id': executionId,
          'attempt-number': String(attempt),
        };
        const body = model.input.replaceAll(
          /<aws\.scheduler\.([a-z-]+)>/g,
          (keyword, name: string) => attributes[name] ?? keyword,
        );
        const { messageGroupId } = model;
        return { body, ...(messageGroupId !== undefined && { messageGroupId }) };
      },
      deadLetterAttributes: (failure, retryAttempts) => ({
        ...commonDeadLetterAttributes(model.targetArn, failure, retryAttempts),
        EXECUTION_ID: executionId,
        IS_PAYLOAD_TRUNCATED: 'false',
        SCHEDULED_TIME: toSeconds(dueAt),
        SCHEDULE_ARN: scheduleArn,
      }),
      onRetry: () => void counts.retries++,
      onDeadLetter(failure, _retryAttempts, deadLetter) {
        lastFailure = `${model.targetArn}: ${failure.code}: ${failure.message}`;
        if (deadLetter?.kind === 'refused') {
          lastFailure += `; ${deadLetterQueue}: ${deadLetter.code}: ${deadLetter.message}`;
        }
      },
    });
    deliveries.add(delivery);
    const outcome = await delivery.done;
    deliveries.delete(delivery);
    if (!stopped) counts[outcome === 'dead-lettered' ? 'deadLettered' : outcome]++;
  };

  const first = model.state === 'ENABLED' ? times.from(platform.now()) : undefined;
  const due = startDueTimes(first, times.after, platform, (dueAt) => void run(dueAt));

  return {
    state() {
      const next = due.next();
      return {
        name: model.name,
        state: model.state,
        expression: model.expression,
        timezone: model.timezone,
        next: next === undefined ? undefined : new Date(next).toISOString(),
        ...counts,
        lastFailure,
      };
    },
    stop() {
      stopped = true;
      due.stop();
      for (const delivery of deliveries) delivery.cancel();
    },
  };
}
