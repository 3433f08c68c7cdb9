/** What an invocation came to, in Lambda's terms. */
export type InvocationResult =
  | { readonly kind: 'success'; readonly payload: string }
  /** `payload` is the error as Lambda shapes it: `{ errorType, errorMessage, trace? }`. */
  | { readonly kind: 'error'; readonly errorType: string; readonly payload: string }
  /** Nothing ran: the concurrency is used up. */
  | { readonly kind: 'throttled' };

/** Takes an answer while a function writes it. */
export interface AnswerSink {
  readonly begin: (contentType: string) => void;
  /** Resolves when it takes more. */
  readonly write: (chunk: Buffer) => Promise<void>;
  /** All of it has come. Not called for one that broke off. */
  readonly end: () => void;
}

export function failure(errorType: string, errorMessage: string): InvocationResult {
  return { kind: 'error', errorType, payload: JSON.stringify({ errorType, errorMessage }) };
}
