import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ValidationError } from '../../lib/core/errors.ts';
import type { CallContext } from '../../lib/policy/call.ts';
import { validate } from '../../lib/policy/validate.ts';

const context: CallContext = { signal: new AbortController().signal, attempt: 1, remainingMs: () => 1_000 };
const Post = v.object({ id: v.number(), tags: v.array(v.object({ name: v.string() })) });

const check = <T>(answer: unknown, schema: StandardSchemaV1<unknown, T>): Promise<unknown> =>
  validate(async () => answer, schema, 'posts')(context).catch((error: unknown) => error);

describe('validate', () => {
  test('passes an answer on that fits', async () => {
    expect(await check({ id: 1, tags: [] }, Post)).toEqual({ id: 1, tags: [] });
  });

  test('passes it on as the schema made it, not as it came', async () => {
    const schema = v.pipe(
      v.string(),
      v.transform((text) => text.length),
    );

    expect(await check('four', schema)).toBe(4);
  });

  test('says where a wrong answer is wrong', async () => {
    const error = await check({ id: '1', tags: [{ name: 'a' }, { name: 7 }] }, Post);

    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      retryable: true,
      issues: ['`id` does not fit the schema', '`tags.1.name` does not fit the schema'],
    });
  });

  test('never repeats the wrong value, which may be personal', async () => {
    const error = await check({ id: 'anna@example.org', tags: [] }, Post);

    expect(JSON.stringify([String(error), error])).not.toContain('anna');
  });

  test('has a word for an answer that is wrong as a whole', async () => {
    expect(await check('nothing like it', Post)).toMatchObject({
      issues: ['`(whole answer)` does not fit the schema'],
    });
  });

  test('waits for a schema that takes its time', async () => {
    const schema = v.pipeAsync(
      v.number(),
      v.checkAsync(async (id) => id !== 13),
    );

    expect(await check(12, schema)).toBe(12);
    expect(await check(13, schema)).toBeInstanceOf(ValidationError);
  });

  test('does not look at the answer of a call that failed', async () => {
    const broken = new Error('broken');

    await expect(validate(() => Promise.reject(broken), Post, 'posts')(context)).rejects.toBe(broken);
  });
});
