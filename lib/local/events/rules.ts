import type { Refusal } from '../delivery.ts';
import { LocalRunError } from '../problem.ts';
import type { EventEnvelope } from './entries.ts';
import { compileInput } from './input.ts';
import type { RuleModel, TargetModel } from './model.ts';
import { InvalidPatternError } from './pattern/errors.ts';
import { matches } from './pattern/match.ts';
import type { CompiledPattern } from './pattern/model.ts';
import { compilePattern } from './pattern/parse.ts';

/** An event and how it came to a bus. */
export interface Arrival {
  readonly event: EventEnvelope;
  /** ISO 8601. */
  readonly ingestionTime: string;
  /** Whether another bus handed it over. */
  readonly forwarded: boolean;
}

/** What a target gets of an event. */
export interface TargetInput {
  readonly body: string;
  /** Set where EventBridge gives up without asking the target. */
  readonly refusal: Refusal | undefined;
}

export interface CompiledTarget {
  readonly model: TargetModel;
  prepare(arrival: Arrival): TargetInput;
}

export interface CompiledRule {
  readonly model: RuleModel;
  readonly targets: readonly CompiledTarget[];
  /** Whether the rule is enabled and its pattern matches. */
  matches(event: EventEnvelope): boolean;
}

const refusal = (code: string, message: string): Refusal => {
  return { kind: 'refused', code, message, retryable: false };
};

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html */
const secondHop = ({ id }: EventEnvelope): Refusal =>
  refusal(
    'THIRD_ACCOUNT_HOP_DETECTED',
    `Event ingestion rejected for event ${id} because an event can be sent to an event bus target only once. ` +
      'This event was previously delivered to an event bus target.',
  );

function compile({ name, pattern }: RuleModel): CompiledPattern {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof InvalidPatternError)
      throw new LocalRunError(`rule ${name}: ${error.message}`, error);
    throw error;
  }
}

function compileTarget(rule: RuleModel, model: TargetModel): CompiledTarget {
  const isBus = /^arn:[^:]*:events:[^:]*:[^:]*:event-bus\//.test(model.arn);
  // One bus hands another the event itself. PutTargets refuses anything else in these words.
  if (isBus && (model.input ?? model.inputPath ?? model.inputTransformer) !== undefined) {
    throw new LocalRunError(
      `rule ${rule.name}: Modifying the input for target ${model.id} is not supported.`,
    );
  }
  const makeInput = compileInput(model, rule);
  return {
    model,
    prepare({ event, ingestionTime, forwarded }) {
      const body = makeInput(event, ingestionTime);
      if (body !== undefined) return { body, refusal: isBus && forwarded ? secondHop(event) : undefined };
      const message = `What the input of target ${model.id} becomes for event ${event.id} is not valid JSON.`;
      // Given up as the event itself, so that it can be sent again.
      return { body: JSON.stringify(event), refusal: refusal('INVALID_JSON', message) };
    },
  };
}

/**
 * Makes a rule ready for events.
 * @throws {LocalRunError} naming the rule, for a pattern or an input that EventBridge refuses.
 */
export function compileRule(model: RuleModel): CompiledRule {
  const isMatched = model.pattern !== undefined || model.schedule === undefined;
  const pattern = isMatched ? compile(model) : undefined;
  return {
    model,
    targets: model.targets.map((target) => compileTarget(model, target)),
    matches: (event) => model.enabled && pattern !== undefined && matches(pattern, event),
  };
}
