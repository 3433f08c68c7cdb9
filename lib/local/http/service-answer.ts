import type { Answer } from './server.ts';

/** An answer that the service itself gives: AWS's `message` inside a problem, so that clients meet one error format. */
export function serviceAnswer(statusCode: number, message: string): Answer {
  return {
    statusCode,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title: message, status: statusCode, message }),
  };
}
