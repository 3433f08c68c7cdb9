import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { ValidationError } from '../../lib/core/errors.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { type Validation, validation } from '../../lib/policy/validate.ts';
import { fakeClock } from '../../lib/testing/index.ts';
import { errorOf } from '../support/dependency.ts';
import { hostileErrors } from '../support/hostile-errors.ts';
import { never } from '../support/outcomes.ts';
import { recordingBreaker } from '../support/recording-breaker.ts';

const FAILED = { failed: true, slow: false };

const check = <T>(answer: unknown, validate: Validation<T>, key?: string): Promise<unknown> =>
  errorOf(validation({ name: 'posts', validate }).execute(() => answer, { key }));

const schemaOf = (validate: (value: unknown) => unknown): StandardSchemaV1<unknown, unknown> => ({
  '~standard': { version: 1, vendor: 'mine', validate: validate as never },
});

const issuesWith = (...paths: readonly unknown[]) =>
  schemaOf(() => ({ issues: paths.map((path) => ({ message: 'no', path })) }));

interface Own {
  readonly id: string;
}
const isOfKey = ({ id }: Own, { key }: { readonly key: string | undefined }) => id === key;

const thrown = new TypeError('x is not a function');
const throws = (): never => {
  throw thrown;
};

/** Validations that fail by themselves, and what they fail with. */
const FAILING: readonly (readonly [string, Validation<unknown>, unknown])[] = [
  ['a check throws', throws, thrown],
  ['a check rejects', async () => Promise.reject(thrown), thrown],
  ['a schema throws', schemaOf(throws), thrown],
  ['a schema rejects', schemaOf(async () => Promise.reject(thrown)), thrown],
  ['a transform throws', v.pipe(v.unknown(), v.transform(throws)), thrown],
  ['a check after a schema throws', [v.unknown(), throws], thrown],
  ['a schema that is a function throws', Object.assign(() => throws(), schemaOf(throws)), thrown],
];

describe('an answer that a validation fails on by itself', () => {
  test.each(FAILING)('is an invalid one, with the cause: %s', async (_what, validate, cause) => {
    const error = await check({}, validate);

    expect(error).toBeInstanceOf(ValidationError);
    expect(error).toMatchObject({
      ...{ code: 'INVALID_ANSWER', retryable: true, status: 502 },
      issues: ['the validation threw an error'],
    });
    expect((error as ValidationError).cause).toBe(cause);
  });

  test.each(FAILING)('is retried, counted and replaced as any invalid one: %s', async (_what, validate) => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock);
    const posts = resilient<unknown>({
      ...{ name: 'posts', retry: { maxAttempts: 3 }, fallback: 'stale', breaker, validate, clock },
    });
    const call = vi.fn(async () => ({}));
    const run = posts.outcome(call);
    await clock.advance(10_000);

    expect(await run).toMatchObject({ source: 'fallback', error: { code: 'INVALID_ANSWER' }, attempts: 3 });
    expect(recorded).toEqual([FAILED, FAILED, FAILED]);
  });

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['a number', 7],
    ['an empty text', ''],
    ['an array', []],
    ['an object without it', {}],
  ])('is an invalid one where the check expects a member of it: %s', async (_what, answer) => {
    expect(await check<Own>(answer, isOfKey, '7')).toBeInstanceOf(ValidationError);
    expect(await check<Own>(answer, async (value, about) => isOfKey(value, about), '7')).toBeInstanceOf(
      ValidationError,
    );
  });

  test.each(hostileErrors())('is an invalid one, whatever the check throws: %s', async (_what, error) => {
    const invalid = await check({}, () => {
      throw error;
    });

    expect(invalid).toBeInstanceOf(ValidationError);
    expect((invalid as ValidationError).cause).toBe(error);
  });
});

describe('a schema', () => {
  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a promise of nothing', Promise.resolve()],
    ['issues that are no array', { issues: 7 }],
    ['issues that are text', { issues: 'bad' }],
    ['issues of nothing', { issues: [undefined] }],
    ['issues of null', { issues: [null] }],
  ])('refuses the answer where it gives %s', async (_what, result) => {
    expect(
      await check(
        {},
        schemaOf(() => result),
      ),
    ).toBeInstanceOf(ValidationError);
  });

  test('refuses the answer where its list of issues is empty', async () => {
    expect(await check({}, issuesWith())).toMatchObject({
      message: 'posts answered with an invalid value: `(whole answer)` does not fit the schema',
    });
  });

  test('passes the answer on where its issues are undefined', async () => {
    const schema = schemaOf((value) => ({ value, issues: undefined }));

    expect(await validation({ validate: schema }).execute(() => 'fine')).toBe('fine');
  });

  test('may give a promise', async () => {
    expect(await validation({ validate: schemaOf(async () => ({ value: 'made' })) }).execute(() => 'x')).toBe(
      'made',
    );
  });

  test.each<readonly [string, unknown, string]>([
    ['no path', undefined, '(whole answer)'],
    ['an empty path', [], '(whole answer)'],
    ['numbers', [0, 1], '0.1'],
    ['a symbol', [Symbol('id')], 'Symbol(id)'],
    ['segments', [{ key: 'a' }, { key: 0 }, { key: Symbol('b') }], 'a.0.Symbol(b)'],
    ['an empty key', ['a', ''], 'a.'],
  ])('has its path named: %s', async (_what, path, named) => {
    expect(await check({}, issuesWith(path))).toMatchObject({
      issues: [`\`${named}\` does not fit the schema`],
    });
  });

  test.each<readonly [string, unknown]>([
    ['null', [null]],
    ['an object that is no text', [Object.create(null)]],
    ['a segment without a key', [{}]],
    ['a segment whose key is no text', [{ key: Object.create(null) }]],
    ['a segment that throws', [Object.defineProperty({}, 'key', { get: throws })]],
    ['text', 'a.b'],
    ['a number', 7],
  ])('refuses the answer whatever is in its paths: %s', async (_what, path) => {
    expect(await check({}, issuesWith(path))).toBeInstanceOf(ValidationError);
  });

  test('has few and short paths named, however many and long they are', async () => {
    const error = await check(
      {},
      issuesWith(...Array.from({ length: 10_000 }, () => ['x'.repeat(1_000_000)])),
    );

    expect(JSON.stringify([String(error), error]).length).toBeLessThan(5_000);
    expect((error as ValidationError).issues.length).toBeGreaterThan(0);
  });
});

describe('a check', () => {
  test('that hangs is ended by the attempt timeout, which counts', async () => {
    const clock = fakeClock();
    const { breaker, recorded } = recordingBreaker(clock);
    const posts = resilient<unknown>({
      ...{ name: 'posts', attemptTimeoutMs: 800, breaker, validate: never, clock },
    });
    const run = posts.outcome(async () => 'fine');
    await clock.advance(800);

    expect((await run).error).toMatchObject({ code: 'ATTEMPT_TIMEOUT' });
    expect(recorded).toEqual([FAILED]);
  });

  test('is not asked about the value of a fallback', async () => {
    const validate = vi.fn(() => false);
    const posts = resilient<string>({ name: 'posts', validate, fallback: 'stale', clock: fakeClock() });

    expect(await posts.execute(async () => 'bad')).toBe('stale');
    expect(validate).toHaveBeenCalledTimes(1);
  });

  test('that calls another validated policy passes the error of that one on', async () => {
    const other = validation<string>({ name: 'other', validate: () => false });

    expect(await check({}, async () => (await other.execute(() => 'x')) === 'x')).toMatchObject({
      message: 'other answered with an invalid value: it does not answer the request',
    });
  });
});
