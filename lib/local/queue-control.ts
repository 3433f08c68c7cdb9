import { FibrinError } from '../core/errors.ts';
import { depthOf } from './sqs/inspect.ts';
import type { Depth, PeekedMessage, QueueModel } from './sqs/model.ts';
import type { Sqs } from './sqs/server.ts';
import type { AppModel } from './template/model.ts';

/** A message that was given up, with the reason in words. */
export interface DeadLetter extends PeekedMessage {
  readonly reason: string;
}

export interface QueueState {
  readonly name: string;
  readonly logicalId: string;
  readonly depth: Depth;
  /** The first messages, where it is a queue for what was given up. */
  readonly deadLetters?: readonly DeadLetter[];
}

/** How many messages of a dead-letter queue are shown with its state. */
const SHOWN = 10;

const objectIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Plain text has no members.
    return {};
  }
};

/**
 * Why a message is where it is, by what rules, schedules, functions and streams write beside what they give up; a queue
 * writes nothing, it moves what was received so often.
 */
export function reasonOf({ attributes, body }: PeekedMessage, maxReceiveCount?: number): string {
  const code = attributes['ERROR_CODE'] ?? attributes['ErrorCode'];
  const said = attributes['ERROR_MESSAGE'] ?? attributes['ErrorMessage'];
  if (code !== undefined) {
    const exhausted = attributes['EXHAUSTED_RETRY_CONDITION'];
    return `${code}: ${said}${exhausted === undefined ? '' : ` (${exhausted})`}`;
  }
  const { requestContext, responsePayload } = objectIn(body) as {
    readonly requestContext?: { readonly condition?: unknown; readonly approximateInvokeCount?: unknown };
    readonly responsePayload?: { readonly errorType?: unknown; readonly errorMessage?: unknown } | null;
  };
  if (requestContext?.condition === undefined) {
    return maxReceiveCount === undefined
      ? 'it came without a reason'
      : `received ${maxReceiveCount} times and never deleted`;
  }
  const error = responsePayload?.errorMessage;
  const invoked = `${requestContext.condition} after ${requestContext.approximateInvokeCount} invocations`;
  return error === undefined ? invoked : `${invoked}: ${responsePayload?.errorType}: ${error}`;
}

/** The ARNs of the queues that something is given up to. */
function deadLetterQueuesOf(model: AppModel): ReadonlySet<string> {
  const targets = model.rules.flatMap((rule) => rule.targets);
  const asyncInvokes = model.functions.map(({ functionName }) => model.asyncInvokeOf(functionName));
  const arns = [
    ...model.queues.map(({ redrive }) => redrive?.deadLetterQueueArn),
    ...[...targets, ...model.schedules, ...asyncInvokes].map(({ deadLetterQueue }) => deadLetterQueue),
    ...[...asyncInvokes, ...model.streamMappings].map(({ onFailure }) => onFailure),
  ];
  return new Set(arns.filter((arn) => arn !== undefined));
}

export interface QueueControl {
  /** Every queue with its depth; what lies in those for what was given up, with the reason. */
  states(): Promise<readonly QueueState[]>;
  /**
   * What is in a queue, without receiving it.
   * @throws {FibrinError} 404 for a queue that is not there, by its name or its logical id; 400 for a bad limit.
   */
  peek(name: string, limit: number): Promise<QueueContents>;
}

export interface QueueContents {
  readonly name: string;
  readonly depth: Depth;
  readonly messages: readonly PeekedMessage[];
}

const MAX_PEEK = 1_000;

export function queueControl(model: AppModel, sqs: Sqs | undefined): QueueControl {
  const deadLetterQueues = deadLetterQueuesOf(model);
  const find = (name: string): QueueModel & { readonly arn: string } => {
    const queue = model.queues.find(({ queueName, logicalId }) => name === queueName || name === logicalId);
    const arn = queue && sqs?.arnOf(queue.queueName);
    if (queue && arn) return { ...queue, arn };
    const names = model.queues.map(({ queueName }) => queueName).join(', ') || 'none';
    throw new FibrinError('NO_SUCH_QUEUE', `There is no queue ${name}; there is ${names}`, { status: 404 });
  };
  return {
    states: () =>
      Promise.all(
        model.queues.map(async ({ queueName: name, logicalId }) => {
          const { arn } = find(name);
          const messages = (await sqs?.peek(arn, Number.POSITIVE_INFINITY)) ?? [];
          const state = { name, logicalId, depth: depthOf(messages) };
          if (!deadLetterQueues.has(arn)) return state;
          const limit = model.queues.find(({ redrive }) => redrive?.deadLetterQueueArn === arn)?.redrive;
          const shown = messages
            .slice(0, SHOWN)
            .map((message) => ({ ...message, reason: reasonOf(message, limit?.maxReceiveCount) }));
          return { ...state, deadLetters: shown };
        }),
      ),
    async peek(name, limit) {
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PEEK) {
        throw new FibrinError(
          'BAD_LIMIT',
          `expected \`limit\` to be an integer from 1 to ${MAX_PEEK}, got ${limit}`,
          {
            status: 400,
          },
        );
      }
      const { arn, queueName } = find(name);
      const messages = (await sqs?.peek(arn, Number.POSITIVE_INFINITY)) ?? [];
      return { name: queueName, depth: depthOf(messages), messages: messages.slice(0, limit) };
    },
  };
}
