import type { InvocationOutcome } from '../../telemetry/http-answer.ts';

/** How a request ended, as far as one middleware sees it. */
export type Ended<R> =
  /** The handler answered. `response` is what the middlewares inside have made of it. */
  | { readonly kind: 'answered'; readonly response: R | null | undefined }
  /** The handler, or a middleware inside, failed. `response` is the answer that a middleware inside has made of that. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly response: R | null | undefined }
  /** Another middleware answered before the handler ran. */
  | { readonly kind: 'early'; readonly response: R | null | undefined };

/** The same as its caller sees it. */
export const outcomeOf = <R>(ended: Ended<R>): InvocationOutcome<R | null | undefined> =>
  ended.kind === 'failed' && ended.response === undefined
    ? { error: ended.error }
    : { response: ended.response };
