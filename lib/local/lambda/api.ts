import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FibrinError } from '../../core/errors.ts';
import { type Answer, guarded, type Listening, listen, send } from '../http/server.ts';

/** Answers the requests of one operation; undefined for any other. */
export type LambdaOperation = (request: IncomingMessage, url: URL) => Promise<Answer | undefined>;

/** An answer as Lambda's API gives it. */
export const lambdaAnswer = (
  statusCode: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers },
  body,
});

/** A refusal with the name of the error. */
export const lambdaRefusal = (statusCode: number, type: string, message: string): Answer =>
  lambdaAnswer(statusCode, JSON.stringify({ Type: 'User', message }), { 'x-amzn-errortype': type });

/**
 * Lambda's endpoint on this machine, for clients that are pointed at it with AWS_ENDPOINT_URL_LAMBDA.
 * @param operations By their names in Lambda's API. There are no others.
 */
export function startLambdaApi(operations: Readonly<Record<string, LambdaOperation>>): Promise<Listening> {
  const names = Object.keys(operations).join(' and ');
  return listen(
    0,
    guarded(async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      for (const operation of Object.values(operations)) {
        const answer = await operation(request, url);
        if (answer !== undefined) return send(response, answer);
      }
      throw new FibrinError('NO_SUCH_ROUTE', `Of Lambda there is ${names} on this machine`, { status: 404 });
    }),
  );
}
