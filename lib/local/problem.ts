import { FibrinError } from '../core/errors.ts';

/** Something that stops the local run before it serves: one line that says what and how to fix it. */
export class LocalRunError extends FibrinError {
  override readonly name = 'LocalRunError';
  constructor(message: string, cause?: unknown) {
    super('LOCAL_RUN', message, cause === undefined ? {} : { cause });
  }
}
