import type { IncomingMessage } from 'node:http';
import { ResponseTooLargeError } from './errors.ts';

/** Hands on each chunk, the last one cut at `maxBytes` in all. False, and the connection is closed, if there was more. */
export async function takeChunks(
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

/**
 * The whole body, in one buffer that grows: chunks of one byte each would take a hundred times as much memory.
 * @throws {ResponseTooLargeError} when it is longer, read no further.
 */
export async function readBody(
  response: IncomingMessage,
  host: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
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
