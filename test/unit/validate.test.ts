import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ValidationError } from '../../lib/core/errors.ts';
import { type Validation, validation } from '../../lib/policy/validate.ts';

const Post = v.object({ id: v.number(), tags: v.array(v.object({ name: v.string() })) });

const check = <T>(answer: unknown, validate: Validation<T>, key?: string): Promise<unknown> =>
  validation({ name: 'posts', validate })
    .execute(async () => answer, { key })
    .catch((error: unknown) => error);

describe('validation', () => {
  test('passes an answer on that fits the schema', async () => {
    expect(await check({ id: 1, tags: [] }, Post)).toEqual({ id: 1, tags: [] });
  });

  test('passes an answer on as the schema made it, not as it came', async () => {
    const schema = v.pipe(
      v.string(),
      v.transform((text) => text.length),
    );

    expect(await check('four', schema)).toBe(4);
  });

  test('names the paths at which an answer does not fit', async () => {
    const error = await check({ id: '1', tags: [{ name: 'a' }, { name: 7 }] }, Post);

    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      retryable: true,
      issues: ['`id` does not fit the schema', '`tags.1.name` does not fit the schema'],
    });
  });

  test('reads paths of both forms that Standard Schema has', async () => {
    const issues = [{ message: 'no', path: [{ key: 'tags' }, 1, { key: 'name' }] }];
    const schema = { '~standard': { version: 1, vendor: 'mine', validate: () => ({ issues }) } } as const;

    expect(await check({}, schema)).toMatchObject({ issues: ['`tags.1.name` does not fit the schema'] });
  });

  test('never quotes an invalid value, which may be personal', async () => {
    const error = await check({ id: 'anna@example.org', tags: [] }, Post);

    expect(JSON.stringify([String(error), error])).not.toContain('anna');
  });

  test('says `(whole answer)` where no path leads to what is wrong', async () => {
    expect(await check('nothing like it', Post)).toMatchObject({
      issues: ['`(whole answer)` does not fit the schema'],
    });
  });

  test('waits for a schema that is asynchronous', async () => {
    const schema = v.pipeAsync(
      v.number(),
      v.checkAsync(async (id) => id !== 13),
    );

    expect(await check(12, schema)).toBe(12);
    expect(await check(13, schema)).toBeInstanceOf(ValidationError);
  });

  test('passes on the error of a call that failed', async () => {
    const broken = new Error('broken');

    await expect(validation({ validate: Post }).execute(() => Promise.reject(broken))).rejects.toBe(broken);
  });

  describe('with a check against the request', () => {
    interface Own {
      readonly id: string;
    }
    const isOfKey = ({ id }: Own, { key }: { readonly key: string | undefined }) => id === key;

    test('passes on an answer about the key of the call', async () => {
      expect(await check<Own>({ id: '7' }, isOfKey, '7')).toEqual({ id: '7' });
    });

    test('refuses an answer about another key, and does not quote it', async () => {
      const error = await check<Own>({ id: 'anna' }, isOfKey, '7');

      expect(error).toBeInstanceOf(ValidationError);
      expect(error).toMatchObject({ retryable: true, issues: ['it does not answer the request'] });
      expect(JSON.stringify([String(error), error])).not.toContain('anna');
    });

    test('calls the check after the schema, with what the schema has made', async () => {
      const Numbered = v.pipe(
        v.object({ id: v.number() }),
        v.transform(({ id }) => ({ id: String(id) })),
      );

      expect(await check<Own>({ id: 7 }, [Numbered, isOfKey], '7')).toEqual({ id: '7' });
      expect(await check<Own>({ id: 8 }, [Numbered, isOfKey], '7')).toBeInstanceOf(ValidationError);
      expect(await check<Own>({ id: '7' }, [Numbered, isOfKey], '7')).toMatchObject({
        issues: ['`id` does not fit the schema'],
      });
    });

    test('waits for a check that is asynchronous, and accepts nothing but true from it', async () => {
      expect(await check(1, async () => true)).toBe(1);
      expect(await check(1, async () => false)).toBeInstanceOf(ValidationError);
      const one: unknown = 1;
      expect(await check(1, () => one as boolean)).toBeInstanceOf(ValidationError);
    });
  });

  test('uses a schema that is a function as a schema', async () => {
    const schema = Object.assign(() => false, { '~standard': Post['~standard'] });

    expect(await check({ id: 1, tags: [] }, schema)).toEqual({ id: 1, tags: [] });
  });

  test.each([undefined, null, 7, 'text', {}, [], [Post], [String], [String, Post], [Post, String, String]])(
    'refuses %j as its `validate` at construction',
    (validate) => {
      expect(() => check(1, validate as never)).toThrow('expected `validate` to be a Standard Schema');
    },
  );
});
