import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

interface ResponseStream extends Writable {
  setContentType(type: string): void;
}

/** What Lambda's runtime gives a function. */
declare const awslambda: {
  streamifyResponse(
    handle: (event: { readonly rawPath: string }, stream: ResponseStream) => Promise<void>,
  ): unknown;
  HttpResponseStream: { from(stream: ResponseStream, metadata: object): ResponseStream };
};

const MB = 1_048_576;
const metadata = {
  statusCode: 201,
  headers: { 'Content-Type': 'application/json', 'X-Custom-Header': 'Example-Custom-Header' },
  cookies: ['cookie1=a', 'cookie2=b'],
};

/** What each path does with the stream. */
const WAYS: Readonly<Record<string, (stream: ResponseStream, event: object) => Promise<void>>> = {
  async '/slow'(stream) {
    stream.setContentType('text/plain');
    stream.write('first;');
    await new Promise((resolve) => setTimeout(resolve, 700));
    stream.write('second');
    stream.end();
  },
  async '/slow-json'(stream) {
    stream.setContentType('application/json');
    stream.write('{"first":true,');
    await new Promise((resolve) => setTimeout(resolve, 700));
    stream.write('"second":true}');
    stream.end();
  },
  async '/html'(stream) {
    stream.setContentType('text/html');
    stream.end('<p>');
  },
  async '/metadata'(stream) {
    const answer = awslambda.HttpResponseStream.from(stream, metadata);
    answer.write('{"made":true}');
    answer.end();
  },
  async '/pipeline'(stream) {
    stream.setContentType('text/plain');
    await pipeline(Readable.from(['one ', 'two ', 'three']), stream);
  },
  async '/large'(stream) {
    stream.setContentType('text/plain');
    await pipeline(Readable.from(Array.from({ length: 7 }, () => Buffer.alloc(MB, 'x'))), stream);
  },
  async '/throws'() {
    throw new RangeError('out of range');
  },
  async '/event'(stream, event) {
    stream.setContentType('application/json');
    stream.end(JSON.stringify(event));
  },
};

export const handler: unknown = awslambda.streamifyResponse(async (event, stream) => {
  await WAYS[event.rawPath]?.(stream, event);
});
