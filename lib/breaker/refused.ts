import { BreakerOpenError } from '../core/errors.ts';
import { withoutStack } from '../core/quiet-error.ts';

/** What a breaker refuses a call with. The next look is worth it in a millisecond at the soonest. */
export const refused = (name: string, waitMs: number): BreakerOpenError =>
  withoutStack(() => new BreakerOpenError(name, Math.max(1, waitMs)));
