import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { retryAfterMs } from '../core/retry-after.ts';
import { type FetchAnswer, flatHeaders, makeAnswer } from './answer.ts';
import { EncodedAnswerError, HttpStatusError } from './errors.ts';
import { readBody, takeChunks } from './read-body.ts';
import { type RefusalBody, refusalBody } from './refusal-body.ts';

/** Problem details are a few hundred bytes. An error page above 16 KiB costs more to read than a new connection. */
const REFUSAL_BYTES = 16_384;
/** The rest of a refusal is mostly here already. Waiting longer would only make a retry late. */
const REFUSAL_MS = 50;

export interface Reading {
  readonly host: string;
  readonly method: string;
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** The body of a refusal, in bounded time. Read to its end, it leaves the connection to the next request. */
async function readRefusal(response: IncomingMessage, clock: Clock): Promise<RefusalBody> {
  const buffer = new Uint8Array(REFUSAL_BYTES);
  let length = 0;
  const take = (chunk: Uint8Array) => {
    buffer.set(chunk, length);
    length += chunk.length;
  };
  // The status is known: how the body ends changes nothing.
  const cutShort = () => false;
  const cancel = clock.after(REFUSAL_MS, () => response.destroy());
  const isWhole = await takeChunks(response, REFUSAL_BYTES, take).catch(cutShort).finally(cancel);
  return refusalBody(buffer.slice(0, length), !isWhole);
}

/**
 * Reads a response to its end.
 * @throws {HttpStatusError | EncodedAnswerError | ResponseTooLargeError} when it is not a success, or not readable.
 */
export async function readAnswer(
  response: IncomingMessage,
  { host, method, maxBytes, clock }: Reading,
): Promise<FetchAnswer> {
  const { statusCode: status = 0, headers } = response;
  if (status < 200 || status >= 300) {
    throw new HttpStatusError(host, status, {
      headers: flatHeaders(headers),
      retryAfterMs: retryAfterMs({ headers }, clock.now()),
      body: await readRefusal(response, clock),
    });
  }
  // The response to a HEAD announces a body that does not come.
  if (method === 'HEAD') {
    await takeChunks(response, 0, () => undefined);
    return makeAnswer(host, status, headers, new Uint8Array());
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') throw new EncodedAnswerError(host);
  const { buffer, byteOffset, length } = await readBody(response, host, maxBytes);
  return makeAnswer(host, status, headers, new Uint8Array(buffer, byteOffset, length));
}
