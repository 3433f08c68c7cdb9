import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { parseRetryAfter } from '../core/retry-after.ts';
import { type FetchAnswer, makeAnswer } from './answer.ts';
import { EncodedAnswerError, HttpStatusError, ResponseTooLargeError } from './errors.ts';

/** What the body of a refusal may be to be read over, for the sake of the connection. */
const DRAIN_BYTES = 16_384;
const DRAIN_MS = 50;

export interface Reading {
  readonly host: string;
  readonly method: string;
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** Hands each chunk on. False, and the connection is closed, as soon as they are more than `maxBytes` together. */
async function takeChunks(
  response: IncomingMessage,
  maxBytes: number,
  take: (chunk: Uint8Array) => void,
): Promise<boolean> {
  let leftBytes = maxBytes;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    leftBytes -= chunk.length;
    if (leftBytes < 0) return false;
    take(chunk);
  }
  return true;
}

/** Reads over what is left of an answer, so that its connection can serve again, and closes it if that takes long. */
async function drain(response: IncomingMessage, clock: Clock): Promise<void> {
  const cancel = clock.after(DRAIN_MS, () => response.destroy());
  try {
    await takeChunks(response, DRAIN_BYTES, () => undefined);
  } catch {
    // The status is known: how its body ends changes nothing.
  } finally {
    cancel();
  }
}

/** The whole body, in one piece that grows: kept as they come, chunks of one byte each would weigh a hundred times as much. */
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
 * Reads an answer to its end.
 * @throws {HttpStatusError | EncodedAnswerError | ResponseTooLargeError} for one that is not wanted.
 */
export async function readAnswer(
  response: IncomingMessage,
  { host, method, maxBytes, clock }: Reading,
): Promise<FetchAnswer> {
  const { statusCode: status = 0, headers } = response;
  if (status < 200 || status >= 300) {
    await drain(response, clock);
    throw new HttpStatusError(host, status, parseRetryAfter(headers['retry-after'], clock.now()));
  }
  // The answer to a HEAD tells of a body that does not come.
  if (method === 'HEAD') {
    await drain(response, clock);
    return makeAnswer(host, status, headers, new Uint8Array());
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') throw new EncodedAnswerError(host);
  return makeAnswer(host, status, headers, await readBody(response, host, maxBytes));
}
