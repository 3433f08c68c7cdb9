import { describe, expect, test } from 'vitest';
import { isTransientStatus, statusOf } from '../../lib/core/status.ts';
import { hostileErrors } from '../support/hostile-errors.ts';

describe('the status of an error', () => {
  test.each([
    [{ downstreamStatus: 404 }],
    [{ status: 404 }],
    [{ statusCode: 404 }],
    [{ $metadata: { httpStatusCode: 404 } }],
    [{ $response: { statusCode: 404 } }],
    [{ response: { status: 404 } }],
    [{ response: { statusCode: 404 } }],
    [{ code: 5, details: 'no such user', metadata: {} }],
  ])('is read from %j', (carried) => {
    expect(statusOf(Object.assign(new Error('x'), carried))).toBe(404);
    expect(statusOf(carried)).toBe(404);
  });

  test('is that of the service before any other', () => {
    expect(statusOf({ status: 502, downstreamStatus: 404, response: { status: 500 } })).toBe(404);
  });

  test.each([
    [{ status: '500' }],
    [{ status: Number.NaN }],
    [{ status: Infinity }],
    [{ status: 99 }],
    [{ status: 600 }],
    [{ status: 404.5 }],
    [{ status: -1 }],
    [{ status: new Number(500) }],
    [{ status: [500] }],
    [{ status: undefined }],
    [{ $metadata: null }],
    [{ response: 'text' }],
  ])('is none in %j, and the next one counts', (carried) => {
    expect(statusOf(carried)).toBeUndefined();
    expect(statusOf({ ...carried, statusCode: 429 })).toBe(429);
  });

  test.each([
    [{ code: 5 }],
    [{ code: 5, details: 'x' }],
    [{ code: 5, metadata: {} }],
    [{ code: 5, details: {}, metadata: {} }],
    [{ code: '5', details: 'x', metadata: {} }],
    [{ code: 0, details: 'x', metadata: {} }],
    [{ code: 17, details: 'x', metadata: {} }],
    [{ code: 1.5, details: 'x', metadata: {} }],
  ])('is none in %j, which is no error of gRPC', (carried) => {
    expect(statusOf(carried)).toBeUndefined();
  });

  test('is none in a DOMException, whose code is a small number too', () => {
    expect(statusOf(new DOMException('x', 'AbortError'))).toBeUndefined();
  });

  test.each([undefined, null, 'text', 404, Symbol('x')])('is none in %s', (thrown) => {
    expect(statusOf(thrown)).toBeUndefined();
  });

  test.each(hostileErrors())('is none where nothing can be read: %s', (_, error) => {
    expect(statusOf(error)).toBeUndefined();
  });
});

describe('a transient status', () => {
  test.each([408, 425, 429, 500, 502, 503, 504, 511, 599])('is %i', (status) => {
    expect(isTransientStatus(status)).toBe(true);
  });

  test.each([100, 200, 304, 400, 404, 409, 428, 430, 499, 501, 505])('is not %i', (status) => {
    expect(isTransientStatus(status)).toBe(false);
  });
});
