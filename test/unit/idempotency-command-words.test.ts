import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { recordedResult } from '../../lib/cli/idempotency/result.ts';
import { look } from '../../lib/cli/idempotency/sight.ts';
import { recordLines } from '../../lib/cli/idempotency/words.ts';
import { durationText } from '../../lib/cli/time.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock } from '../../lib/testing/index.ts';

const context = { getRemainingTimeInMillis: () => 60_000 };
const elsewhere = { put: async () => undefined, get: async () => undefined };
/** Too much for a record, and nothing that could be compressed. */
const large = randomBytes(300_000).toString('base64');

describe('the result of a completed record', () => {
  test.each<[string, unknown, object, RegExp]>([
    ['text', 'a', {}, /^result {2}3 bytes of JSON\n"a"$/],
    [
      'compressed',
      'a'.repeat(2_000),
      {},
      /^result {2}2,002 bytes of JSON, compressed in the record\n"a{2000}"$/,
    ],
    ['nothing', undefined, {}, /^result {2}0 bytes of JSON\nundefined$/],
    ['too large', large, {}, /^result {2}none: it has 400002 bytes; give a resultStore for such results$/],
    ['elsewhere', large, { resultStore: elsewhere }, /^result {2}external: in the function's resultStore/],
  ])('is told in the form that the record has it in: %s', async (_form, result, more, told) => {
    const store = memoryStore();
    const clock = fakeClock();
    let key = '';
    const onEvent = (event: { readonly key: string }) => {
      key = event.key;
    };
    const options = { store, clock, operation: 'charge', key: () => 'k', onEvent, ...more };
    await idempotent(options, async () => result)(undefined, context);

    const sight = await look(store, key, clock.now);

    if (!('record' in sight)) throw new Error(`expected a record, got ${sight.status}`);
    const lines = recordLines(sight, await recordedResult(key, 'charge', sight.record), true);
    expect(lines.slice(3).join('\n')).toMatch(told);
  });

  test('is no result: why is told in one line', async () => {
    const record = {
      state: 'completed',
      owner: 'a',
      fence: 1,
      leaseUntil: 0,
      payload: '',
      expiresAt: 0,
    } as const;
    expect(
      await recordedResult('k', 'charge', { ...record, form: 'none', result: 'a\n\u001b[31m  b' }),
    ).toEqual({
      form: 'none',
      why: 'a \u001b[31m b',
    });
  });
});

describe('a duration', () => {
  test.each([
    [0, 'less than 1 s'],
    [999, 'less than 1 s'],
    [1_000, '1 s'],
    [61_500, '1 min 1 s'],
    [3_600_000, '1 h'],
    [3_600_000 + 5_000, '1 h'],
    [90_000_000 + 60_000, '1 d 1 h'],
  ])('has its two largest units: %d', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
