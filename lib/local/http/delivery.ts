import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sleep, systemClock } from '../../core/clock.ts';
import type { Fault } from '../fault.ts';
import { type Answer, send, sendHead } from './server.ts';

/** What an answer takes back to the client. */
export interface ResponseChannel {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the fault is over. */
  readonly lifted: AbortSignal;
}

/** Waits until the fault is over or the client has gone. */
export async function untilLifted({ response, lifted }: ResponseChannel): Promise<void> {
  // `claim` rejects when the signal aborts: either way the wait is over.
  await once(response, 'close', { signal: lifted }).catch(() => undefined);
}

/** Waits, but not for longer than the fault lasts and the client is there. */
export async function pause(ms: number, { response, lifted }: ResponseChannel): Promise<void> {
  const gone = new AbortController();
  const abort = () => gone.abort();
  response.once('close', abort);
  await sleep(systemClock, ms, AbortSignal.any([lifted, gone.signal])).catch(() => undefined);
  response.off('close', abort);
}

const half = (body: Buffer): Buffer => body.subarray(0, body.length / 2);

/** The headers and the first half of the body. */
function begin({ response }: ResponseChannel, answer: Answer, body: Buffer, then?: () => void): void {
  // An answer without a body would be whole already.
  sendHead(response, answer, Math.max(2, body.length));
  response.write(body.length < 2 ? ' ' : half(body), then);
}

async function drip(channel: ResponseChannel, answer: Answer, body: Buffer, ms: number): Promise<void> {
  const { response, lifted } = channel;
  sendHead(response, answer, body.length);
  response.flushHeaders();
  let at = 0;
  while (at < body.length && !lifted.aborted) {
    response.write(body.subarray(at, ++at));
    await pause(ms, channel);
    if (response.destroyed) return;
  }
  response.end(body.subarray(at));
}

const BLANKS = Buffer.alloc(65_536, ' ');

function* padded(body: Buffer, bytes: number): Generator<Buffer> {
  for (let left = bytes - body.length; left > 0; left -= BLANKS.length) yield BLANKS.subarray(0, left);
  yield body;
}

/** The right answer after blanks, so that all that is wrong with it is its length, which no header says beforehand. */
async function sendPadded({ response }: ResponseChannel, answer: Answer, body: Buffer, bytes: number) {
  sendHead(response, answer);
  // Few clients read it to its end.
  await pipeline(Readable.from(padded(body, bytes)), response).catch(() => undefined);
}

/** Sends an answer as far as the fault on its way lets it come. */
export async function deliver(
  channel: ResponseChannel,
  fault: Fault | undefined,
  answer: Answer,
): Promise<void> {
  const { request, response } = channel;
  if (response.destroyed) return;
  const body = Buffer.from(answer.body ?? '');
  switch (fault?.kind) {
    case 'lost-answer':
      // What was asked for is done, and no answer says so.
      request.socket.resetAndDestroy();
      return;
    case 'reset':
      return begin(channel, answer, body, () => request.socket.resetAndDestroy());
    case 'stall':
      begin(channel, answer, body);
      await untilLifted(channel);
      response.destroy();
      return;
    case 'drip':
      return drip(channel, answer, body, fault.ms);
    case 'garble':
      return send(response, { ...answer, body: half(body) });
    case 'oversize':
      return sendPadded(channel, answer, body, fault.bytes);
    default:
      send(response, answer);
  }
}
