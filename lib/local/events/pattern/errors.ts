import { FibrinError } from '../../../core/errors.ts';

const show = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 80 ? `${text.slice(0, 80)}…` : text;
  } catch {
    // Only a value that JSON has no text for comes here, and the message says as much.
    return 'a value that JSON cannot hold';
  }
};

/** An event pattern that EventBridge refuses when the rule is created, refused here with the same reason. */
export class InvalidPatternError extends FibrinError {
  override readonly name: string = 'InvalidPatternError';
  /** Where in the pattern: `detail.state[0].prefix`, or empty for the pattern itself. */
  readonly path: string;
  /** The reason in the words of EventBridge, where it has words for it. */
  readonly reason: string;

  constructor(path: string, expected: string, value: unknown, reason: string) {
    super(
      'INVALID_PATTERN',
      `Event pattern is not valid. Reason: ${reason.replace(/\.$/, '')}. ` +
        `Expected \`${path || 'the pattern'}\` to be ${expected}, got ${show(value)}`,
    );
    this.path = path;
    this.reason = reason;
  }
}

export function invalid(path: string, expected: string, value: unknown, reason: string): never {
  throw new InvalidPatternError(path, expected, value, reason);
}
