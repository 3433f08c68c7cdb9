/** How a target wants its input; at most one of the three. */
export interface InputModel {
  readonly id: string;
  readonly arn: string;
  readonly input?: string;
  readonly inputPath?: string;
  readonly inputTransformer?: {
    readonly pathsMap: Readonly<Record<string, string>>;
    readonly template: string;
  };
}

export interface TargetModel extends InputModel {
  /** Further attempts after the first. Integer, 0 to 185. EventBridge's default 185. */
  readonly maximumRetryAttempts: number;
  /** Seconds, 60 to 86,400. EventBridge's default 86,400 (24 hours). */
  readonly maximumEventAgeSeconds: number;
  /** The ARN of the queue for events that could not be delivered. */
  readonly deadLetterQueue?: string;
  /** For a FIFO queue. */
  readonly messageGroupId?: string;
}

export interface RuleModel {
  readonly name: string;
  readonly arn: string;
  readonly busName: string;
  readonly enabled: boolean;
  /** The event pattern as the template has it. Undefined for a rule that has only a schedule. */
  readonly pattern: unknown;
  /** `rate(…)` or `cron(…)`, in UTC. */
  readonly schedule?: string;
  readonly targets: readonly TargetModel[];
}

export interface BusModel {
  readonly name: string;
  readonly arn: string;
}

export interface BusState {
  readonly name: string;
  /** False for a name that events were put on and no bus has. EventBridge takes them and drops them, silently. */
  readonly exists: boolean;
  readonly received: number;
  /** Events that no rule matched. */
  readonly unmatched: number;
}

export interface TargetState {
  readonly id: string;
  readonly arn: string;
  readonly delivered: number;
  readonly pending: number;
  readonly retries: number;
  readonly deadLettered: number;
  readonly dropped: number;
  /** What the target said last when it refused an event. */
  readonly lastError: string | undefined;
}

export interface RuleState {
  readonly name: string;
  readonly bus: string;
  readonly matched: number;
  readonly targets: readonly TargetState[];
}
