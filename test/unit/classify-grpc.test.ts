import { createServer } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { atEndOfTest } from '../support/ends.ts';
import { CANCELLED, type ErrorMeaning, FAILED, failureOf, meaningOf } from '../support/error-meaning.ts';
import { listen } from '../support/wire.ts';

/** A gRPC server without a schema: the request is the code that it answers with. */
async function grpcServer(): Promise<string> {
  const bytes = (value: Buffer) => value;
  const method = {
    path: '/test.Test/Get',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  } as const;
  const get: grpc.handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    const code = Number(call.request.toString());
    if (code > 0) callback({ code, details: 'as asked for' });
  };
  const grpcs = new grpc.Server();
  grpcs.addService({ get: method }, { get });
  atEndOfTest(() => grpcs.forceShutdown());
  return new Promise((resolve, reject) => {
    grpcs.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    );
  });
}

const NEVER = 0;

function callGrpc(
  address: string,
  code: number,
  { deadlineMs = 10_000, cancel = false } = {},
): Promise<unknown> {
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  atEndOfTest(() => client.close());
  const bytes = (value: Buffer) => value;
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      '/test.Test/Get',
      bytes,
      bytes,
      Buffer.from(`${code}`),
      { deadline: Date.now() + deadlineMs },
      (error, value) => (error ? reject(error) : resolve(value)),
    );
    if (cancel) setImmediate(() => call.cancel());
  });
}

describe('an error of gRPC', () => {
  test.each<[grpc.status, number, ErrorMeaning['kind'], ErrorMeaning['counts']]>([
    [grpc.status.CANCELLED, 499, 'permanent', 'none'],
    [grpc.status.UNKNOWN, 500, 'transient', 'failed'],
    [grpc.status.INVALID_ARGUMENT, 400, 'permanent', 'answered'],
    [grpc.status.DEADLINE_EXCEEDED, 504, 'transient', 'failed'],
    [grpc.status.NOT_FOUND, 404, 'permanent', 'answered'],
    [grpc.status.ALREADY_EXISTS, 409, 'permanent', 'answered'],
    [grpc.status.PERMISSION_DENIED, 403, 'permanent', 'answered'],
    [grpc.status.RESOURCE_EXHAUSTED, 429, 'transient', 'failed'],
    [grpc.status.FAILED_PRECONDITION, 400, 'permanent', 'answered'],
    [grpc.status.ABORTED, 409, 'permanent', 'answered'],
    [grpc.status.OUT_OF_RANGE, 400, 'permanent', 'answered'],
    [grpc.status.UNIMPLEMENTED, 501, 'permanent', 'answered'],
    [grpc.status.INTERNAL, 500, 'transient', 'failed'],
    [grpc.status.UNAVAILABLE, 503, 'transient', 'failed'],
    [grpc.status.DATA_LOSS, 500, 'transient', 'failed'],
    [grpc.status.UNAUTHENTICATED, 401, 'permanent', 'answered'],
  ])('with the code %i means what a status of %i does', async (code, status, kind, counts) => {
    const error = await failureOf(callGrpc(await grpcServer(), code));

    expect(meaningOf(error)).toMatchObject({ kind, counts, status });
  });

  test('is a timeout when the deadline has passed', async () => {
    const error = await failureOf(callGrpc(await grpcServer(), NEVER, { deadlineMs: 30 }));

    expect(meaningOf(error)).toMatchObject({ ...FAILED, status: 504, timeout: true });
  });

  test('says nothing about the server when the caller has cancelled', async () => {
    const error = await failureOf(callGrpc(await grpcServer(), NEVER, { cancel: true }));

    expect(meaningOf(error)).toMatchObject({ ...CANCELLED, status: 499 });
  });

  test('is a failure when nothing listens', async () => {
    const gone = createServer();
    const port = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));

    const error = await failureOf(callGrpc(`127.0.0.1:${port}`, 5));

    expect(meaningOf(error)).toMatchObject({ ...FAILED, status: 503 });
  });

  test('is a failure when the connection is reset', async () => {
    const port = await listen(createServer((socket) => socket.on('data', () => socket.resetAndDestroy())));

    const error = await failureOf(callGrpc(`127.0.0.1:${port}`, 5));

    expect(meaningOf(error)).toMatchObject({ ...FAILED, status: 503 });
  });
});
