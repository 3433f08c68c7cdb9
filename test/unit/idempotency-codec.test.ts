import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  decodeResult,
  encodeResult,
  loadResult,
  notStored,
  type ResultStore,
  storeResult,
} from '../../lib/idempotency/codec.ts';
import { ResultNotStoredError } from '../../lib/idempotency/errors.ts';
import { writeRecord } from '../../lib/idempotency/protocol.ts';

/** JSON of so many bytes, which gzip makes much of, or nothing. */
const regular = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
const random = (bytes: number) =>
  JSON.stringify(
    randomBytes(bytes)
      .toString('base64')
      .slice(0, bytes - 2),
  );

function externalStore(): ResultStore & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    put: async (key, text) => void texts.set(key, text),
    get: async (key) => texts.get(key),
  };
}

describe('the text of a result', () => {
  test.each([undefined, null, '', 0, false, 'text', { a: [1, { b: null }] }])(
    'tells what it was: %j',
    (result) => {
      expect(decodeResult('order', encodeResult(result))).toStrictEqual(result);
    },
  );

  test('tells a result of undefined from an empty one', () => {
    expect(encodeResult(undefined)).not.toBe(encodeResult(''));
  });

  test.each<[string, () => unknown]>([
    ['a bigint', () => ({ cents: 1n })],
    [
      'a circle',
      () => {
        const circle: Record<string, unknown> = {};
        circle['self'] = circle;
        return circle;
      },
    ],
    [
      'an object that refuses',
      () => ({
        toJSON: () => {
          throw new Error('no');
        },
      }),
    ],
  ])('cannot be made of %s', (_, result) => {
    expect(() => encodeResult(result())).toThrow();
  });
});

describe('a result in a record', () => {
  test.each([2, 1_024])('is its text where that is short: %d bytes', async (bytes) => {
    expect(await storeResult(() => 'k', regular(bytes), undefined)).toEqual({
      form: 'json',
      result: regular(bytes),
    });
  });

  test('is compressed above 1 KB', async () => {
    const { form, result } = await storeResult(() => 'k', regular(1_025), undefined);

    expect(form).toBe('gzip');
    expect(result.length).toBeLessThan(100);
  });

  test('is its text where that is shorter than what compressing makes of it', async () => {
    expect(await storeResult(() => 'k', random(2_000), undefined)).toMatchObject({ form: 'json' });
  });

  test('is compressed however long it is, where it is short enough then', async () => {
    expect(await storeResult(() => 'k', regular(400_000), undefined)).toMatchObject({ form: 'gzip' });
  });

  test('counts bytes, not characters', async () => {
    // 600 characters of two bytes.
    expect(await storeResult(() => 'k', JSON.stringify('é'.repeat(600)), undefined)).toMatchObject({
      form: 'gzip',
    });
  });

  test('is why there is none where it is too long even compressed, and what to do about it', async () => {
    expect(await storeResult(() => 'k', random(600_000), undefined)).toEqual({
      form: 'none',
      result: 'it has 600000 bytes; give a resultStore for such results',
    });
  });

  test('is elsewhere where it is too long and there is a place for it', async () => {
    const place = externalStore();
    const text = random(600_000);

    expect(await storeResult(() => 'k', text, place)).toEqual({ form: 'elsewhere', result: 'k' });

    expect(place.texts.get('k')).toBe(text);
  });

  test('is not put elsewhere where the record can hold it', async () => {
    const place = externalStore();

    await storeResult(() => 'k', regular(400_000), place);

    expect(place.texts.size).toBe(0);
  });

  test('says no more than a line about why there is none', () => {
    expect(notStored('why '.repeat(1_000)).result).toHaveLength(200);
  });

  test.each([regular(100), regular(5_000), random(5_000), JSON.stringify('é\u{1f9ec}'.repeat(2_000)), ''])(
    'is read as it was: %.20s',
    async (text) => {
      const stored = await storeResult(() => 'k', text, undefined);

      expect(await loadResult('k', 'order', stored, undefined)).toBe(text);
    },
  );

  test('is read from elsewhere', async () => {
    const place = externalStore();
    const text = random(600_000);
    const stored = await storeResult(() => 'k', text, place);

    expect(await loadResult('k', 'order', stored, place)).toBe(text);
  });

  test.each<[string, Parameters<typeof loadResult>[2], ResultStore | undefined, string]>([
    ['was not recorded', notStored('it was a stream'), undefined, 'it was a stream'],
    [
      'is no longer in the external store',
      { form: 'elsewhere', result: '' },
      externalStore(),
      'has it no longer',
    ],
    ['is elsewhere, which is not given', { form: 'elsewhere', result: '' }, undefined, 'in a resultStore'],
  ])('that %s is an error that says so', async (_, stored, place, why) => {
    const error = await loadResult('k', 'order', stored, place).catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(ResultNotStoredError);
    expect(error).toMatchObject({
      code: 'IDEMPOTENCY_NO_RESULT',
      status: 500,
      retryable: false,
      message: expect.stringContaining(why),
    });
    expect(String(error)).toContain('"order" was done');
  });

  test('that is as long as a record takes leaves room for the rest of the item', async () => {
    const { form, result } = await storeResult(() => 'k', random(350_000), undefined);
    const run = {
      state: 'completed',
      owner: 'o'.repeat(200),
      fence: 1,
      leaseUntil: 1,
      payload: 'p',
    } as const;

    const item = writeRecord({ ...run, form, result, expiresAt: 1 });

    expect(form).not.toBe('none');
    expect(Buffer.byteLength(JSON.stringify(item))).toBeLessThan(400 * 1_024);
  });
});
