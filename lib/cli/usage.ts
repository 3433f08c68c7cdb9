import { FibrinError } from '../core/errors.ts';

/** A command was called in a way that it does not understand: exit code 2. */
export class UsageError extends FibrinError {
  override readonly name = 'UsageError';
  constructor(message: string) {
    super('USAGE', message);
  }
}

export const isUsageError = (error: unknown): boolean =>
  error instanceof UsageError ||
  (error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS'));
