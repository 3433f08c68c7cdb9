import type { ClientRequest } from 'node:http';
import { ERROR_TRAILERS } from './client.ts';
import { describeError, runtimeError } from './errors.ts';

/** The stream that a streaming handler writes its answer to. */
export type ResponseStream = ClientRequest & {
  setContentType(contentType: string): void;
  _onBeforeFirstWrite?: (write: (chunk: string | Uint8Array) => void) => void;
};

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const METADATA_TYPE = 'application/vnd.awslambda.http-integration-response';
/** Between the metadata and the body. */
const DELIMITER = new Uint8Array(8);

/** Whether a handler was given to `awslambda.streamifyResponse`. */
export function isStreaming(handler: object): boolean {
  const mark: unknown = (handler as Record<symbol, unknown>)[STREAMING];
  if (!mark) return false;
  if (mark === 'response') return true;
  throw runtimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
}

/**
 * What a function finds in the global `awslambda`.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */
export const streamingGlobals = {
  streamifyResponse<T extends object>(handler: T): T {
    return Object.assign(handler, { [STREAMING]: 'response' });
  },
  HttpResponseStream: {
    from(stream: ResponseStream, metadata: unknown): ResponseStream {
      stream.setContentType(METADATA_TYPE);
      stream._onBeforeFirstWrite = (write) => {
        write(JSON.stringify(metadata));
        write(DELIMITER);
      };
      return stream;
    },
  },
};

/** Makes the request that carries an answer into the stream that handlers know. */
function responseStream(outgoing: ClientRequest): ResponseStream {
  let written = false;
  const write = outgoing.write.bind(outgoing) as (...args: unknown[]) => boolean;
  const stream: ResponseStream = Object.assign(outgoing, {
    setContentType(contentType: string) {
      if (written) throw runtimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
      outgoing.setHeader('content-type', contentType);
    },
    write(chunk: unknown, ...rest: unknown[]) {
      if (!written) stream._onBeforeFirstWrite?.(write);
      written = true;
      const isText = typeof chunk === 'string' || chunk instanceof Uint8Array;
      return write(isText ? chunk : JSON.stringify(chunk), ...rest);
    },
  });
  return stream;
}

/** Ends an answer with an error behind what has been sent of it. */
export function failStream(outgoing: ClientRequest, thrown: unknown): void {
  const error = describeError(thrown);
  if (outgoing.writableEnded) return;
  outgoing.addTrailers({
    [ERROR_TRAILERS.type]: error.errorType,
    [ERROR_TRAILERS.body]: Buffer.from(JSON.stringify(error)).toString('base64'),
  });
  outgoing.end();
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null)?.then === 'function';

/** Calls a streaming handler, up to the end of its stream. Rejects with what went wrong. */
export async function runStreaming(
  call: (stream: ResponseStream) => unknown,
  { outgoing, answered }: { readonly outgoing: ClientRequest; readonly answered: Promise<void> },
  noPromise: () => unknown,
): Promise<void> {
  const stream = responseStream(outgoing);
  // It is awaited below, if the handler comes to an end at all.
  answered.catch(() => undefined);
  const result = call(stream);
  if (!isThenable(result)) throw noPromise();
  if ((await result) !== undefined) console.warn('Streaming handlers ignore return values.');
  await answered;
  if (!outgoing.writableFinished) throw new Error('Response stream is not finished.');
}
