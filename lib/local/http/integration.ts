import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../../core/clock.ts';
import { FibrinError } from '../../core/errors.ts';
import type { LocalFunction } from '../lambda/function.ts';
import type { InvocationResult } from '../lambda/result.ts';
import { areWritable } from './hop-by-hop.ts';
import { type Answer, send } from './server.ts';

/** API Gateway's limit on a request body. */
export const API_MAX_BODY_BYTES: number = 10 * 1_024 * 1_024;
/** Lambda's limit on an invocation's payload, and a function URL's on the body. */
export const LAMBDA_MAX_PAYLOAD_BYTES: number = 6 * 1_024 * 1_024;

/** What an API or a function URL does with a request. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** @throws {FibrinError} 413 for an event that is larger than an invocation may be. */
export function payloadOf(event: Readonly<Record<string, unknown>>): string {
  const payload = JSON.stringify(event);
  if (Buffer.byteLength(payload) <= LAMBDA_MAX_PAYLOAD_BYTES) return payload;
  throw new FibrinError(
    'BODY_TOO_LARGE',
    `The request is over ${LAMBDA_MAX_PAYLOAD_BYTES} bytes as an event`,
    { status: 413 },
  );
}

/** What a gateway says where a function has given no answer. */
export interface Statuses {
  readonly error: Answer;
  readonly throttled: Answer;
}

/** Gives the answer in what an invocation came to; without one, that of the gateway. */
export async function answerOf(
  fn: LocalFunction,
  event: Readonly<Record<string, unknown>>,
  statuses: Statuses,
  read: (payload: string) => Answer | undefined,
): Promise<{ readonly answer: Answer; readonly isOwn: boolean }> {
  const result: InvocationResult = await fn.invoke(payloadOf(event));
  if (result.kind === 'throttled') return { answer: statuses.throttled, isOwn: false };
  const own = result.kind === 'success' ? read(result.payload) : undefined;
  if (own && areWritable(own.headers ?? {})) return { answer: own, isOwn: true };
  return { answer: statuses.error, isOwn: false };
}

/** Sends what `work` comes to, and `late` where it takes longer than the gateway waits. */
export async function answerWithin(
  request: IncomingMessage,
  response: ServerResponse,
  limitMs: number,
  late: Answer,
  work: () => Promise<Answer>,
): Promise<void> {
  const cancel = systemClock.after(limitMs, () => {
    if (!request.complete) response.setHeader('connection', 'close');
    send(response, late);
    if (!request.complete) request.destroy();
  });
  try {
    send(response, await work());
  } finally {
    cancel();
  }
}
