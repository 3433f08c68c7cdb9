import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { isServerError } from '../../lib/core/server-error.ts';
import { isStreamed, isWritable } from '../../lib/idempotency/streams.ts';

describe('an answer of a failed run', () => {
  test.each([{ statusCode: 500 }, { statusCode: 503, body: 'x' }])('is one with its status: %j', (answer) => {
    expect(isServerError(answer)).toBe(true);
  });

  test.each([
    { statusCode: 499 },
    { statusCode: '503' },
    { status: 503 },
    {},
    null,
    undefined,
    503,
    'statusCode',
  ])('is none without: %j', (answer) => {
    expect(isServerError(answer)).toBe(false);
  });
});

describe('a stream', () => {
  const method = () => undefined;

  test('that Lambda hands out can be written and ended', () => {
    expect(isWritable(new PassThrough())).toBe(true);
    for (const other of [{ write: method }, { end: method }, { write: 1, end: 1 }, method, null, 'write'])
      expect(isWritable(other)).toBe(false);
  });

  test.each([
    { pipe: method },
    { pipeThrough: method },
    new PassThrough(),
    new ReadableStream(),
    { statusCode: 200, body: new PassThrough() },
  ])('can be read once, also as the body of an answer', (result) => {
    expect(isStreamed(result)).toBe(true);
  });

  test.each([{ statusCode: 200, body: 'text' }, { pipe: 1 }, null, undefined, 'pipe', { body: null }])(
    'is not %j',
    (result) => {
      expect(isStreamed(result)).toBe(false);
    },
  );
});
