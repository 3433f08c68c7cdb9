import middy from '@middy/core';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type { RemainingTime } from '../../lib/idempotency/execution.ts';
import { idempotentHttp } from '../../lib/idempotency/http.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { Claim } from '../../lib/idempotency/run-once.ts';
import type { HttpEvent } from '../../lib/idempotency/sources.ts';
import { memoryStore } from '../../lib/store/memory.ts';

interface Further {
  readonly signal: AbortSignal;
}

/** A context as Lambda's, but for what is not read here. */
const context = (ms: number) => ({ getRemainingTimeInMillis: () => ms }) as never;
const event: HttpEvent = { headers: { 'idempotency-key': 'k' } };

const OK = { statusCode: 200 };
const signals: unknown[] = [];
async function run(_event: HttpEvent, _context: RemainingTime, _once: Claim, { signal }: Further) {
  signals.push(signal);
  return OK;
}
const key = () => 'k';
const store = () => memoryStore();
const downStore = () => ({
  ...memoryStore(),
  put: () => Promise.reject(new StoreError('down')),
});

describe('Middy’s third argument', () => {
  test.each([
    ['idempotent', () => idempotent({ store: store(), operation: 'a', key }, run)],
    ['idempotentHttp', () => idempotentHttp({ principal: null, store: store(), operation: 'a' }, run)],
    [
      'idempotent without a claim',
      () => idempotent({ store: downStore(), operation: 'a', key, onStoreError: 'run' }, run),
    ],
    [
      'idempotentHttp without a claim',
      () => idempotentHttp({ principal: null, store: downStore(), operation: 'a', onStoreError: 'run' }, run),
    ],
  ])('reaches the handler under %s', async (_form, wrapped) => {
    signals.length = 0;
    const handler = middy<HttpEvent>().handler(wrapped() as never);

    expect(await handler(event, context(3_000))).toMatchObject(OK);

    expect(signals).toEqual([expect.any(AbortSignal)]);
  });

  test('is no argument of a handler that does not ask for it', () => {
    const plain = idempotent(
      { store: store(), operation: 'a', key },
      async (_event: HttpEvent, _: RemainingTime) => OK,
    );

    const typed: (event: HttpEvent, context: RemainingTime) => Promise<typeof OK> = plain;
    expect(typed).toBe(plain);
  });
});
