import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { retryAfterMs } from '../core/retry-after.ts';
import { type FetchAnswer, flatHeaders, makeAnswer } from './answer.ts';
import { EncodedAnswerError, HttpStatusError, ResponseTooLargeError } from './errors.ts';
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

/** Hands on each chunk, the last one cut at `maxBytes` in all. False, and the connection is closed, if there was more. */
async function takeChunks(
  response: IncomingMessage,
  maxBytes: number,
  take: (chunk: Uint8Array) => void,
): Promise<boolean> {
  let leftBytes = maxBytes;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    take(chunk.subarray(0, leftBytes));
    leftBytes -= chunk.length;
    if (leftBytes < 0) return false;
  }
  return true;
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

/** The whole body, in one buffer that grows: chunks of one byte each would take a hundred times as much memory. */
async function readBody(response: IncomingMessage, host: string, maxBytes: number): Promise<Uint8Array> {
  const declaredBytes = Number(response.headers['content-length'] ?? 0);
  if (declaredBytes > maxBytes) throw new ResponseTooLargeError(host, maxBytes);
  let buffer = new ArrayBuffer(declaredBytes);
  let length = 0;
  const isWhole = await takeChunks(response, maxBytes, (chunk) => {
    const end = length + chunk.length;
    if (end > buffer.byteLength)
      buffer = buffer.transfer(Math.min(maxBytes, Math.max(end, 2 * buffer.byteLength)));
    new Uint8Array(buffer, length).set(chunk);
    length = end;
  });
  if (!isWhole) throw new ResponseTooLargeError(host, maxBytes);
  return new Uint8Array(buffer.transfer(length));
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
  return makeAnswer(host, status, headers, await readBody(response, host, maxBytes));
}
