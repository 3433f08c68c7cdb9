/** What an invocation came to, in Lambda's terms. */
export type InvocationResult =
  | { readonly kind: 'success'; readonly payload: string }
  /** `payload` is the error as Lambda shapes it: `{ errorType, errorMessage, trace? }`. */
  | { readonly kind: 'error'; readonly errorType: string; readonly payload: string }
  /** Nothing ran: the concurrency is used up. */
  | { readonly kind: 'throttled' };

export function failure(errorType: string, errorMessage: string): InvocationResult {
  return { kind: 'error', errorType, payload: JSON.stringify({ errorType, errorMessage }) };
}
