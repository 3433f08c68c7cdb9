import { withHeaders } from '../core/answer-headers.ts';
import { logError } from '../core/error-log.ts';
import { fieldOf } from '../core/field.ts';
import { checkOptions } from '../core/options.ts';
import { type HttpResponse, statusForClient, toProblem } from '../core/problem.ts';
import * as rule from '../core/rules.ts';
import { safeListener } from '../core/safe-listener.ts';
import { labelOf, warnOnce } from '../core/warn-once.ts';
import { IdempotencyGuard } from './guard.ts';
import { type HttpAnswerOptions, HttpAnswers } from './http-answers.ts';
import type { IdempotencyOptions } from './options.ts';
import { type Claim, runOnce, UNPROTECTED } from './run-once.ts';
import { type HttpEvent, header } from './sources.ts';

export interface HttpIdempotencyOptions<E>
  extends Omit<IdempotencyOptions<E>, 'key' | 'principal'>,
    HttpAnswerOptions {
  /** Default: the header `Idempotency-Key`. */
  readonly key?: IdempotencyOptions<E>['key'];
  /**
   * Whose key it is: callers choose their keys, and theirs never meet. Null: all callers share their keys, and one gets the
   * answer of another that has sent the same key.
   */
  readonly principal: IdempotencyOptions<E>['principal'] | null;
  /**
   * Called with every error that becomes an answer of 500 or more. What it throws or rejects with changes nothing. Default: one
   * JSON line on stderr with names, codes and stack frames of the error and its causes.
   */
  readonly onServerError?: (error: unknown) => unknown;
  /** Headers of what the handler does not answer itself, replays and problems: those of CORS. Default: none. */
  readonly extraHeaders?: (event: E) => Readonly<Record<string, string>>;
}

const defaultKey = header('Idempotency-Key');

const PRINCIPAL = rule.unless(
  (value) => value === null || typeof value === 'function',
  'a function, or null where all callers share their keys',
);

const NONE: Readonly<Record<string, string>> = {};

/** Method and path, in either format. */
const methodAndPath = (event: unknown): readonly unknown[] => [
  fieldOf(event, ['requestContext', 'http', 'method']) ?? fieldOf(event, ['httpMethod']) ?? null,
  fieldOf(event, ['rawPath']) ?? fieldOf(event, ['path']) ?? null,
];

/** A listener of the user's, whose failure costs the headers and no answer. */
function extraHeadersOf<E>(
  operation: string,
  given: ((event: E) => Readonly<Record<string, string>>) | undefined,
): (event: E) => Readonly<Record<string, string>> {
  return (event) => {
    try {
      return given?.(event) ?? NONE;
    } catch (error) {
      warnOnce(`${operation}: extraHeaders`, `threw ${labelOf(error)}; the headers are left out`);
      return NONE;
    }
  };
}

/**
 * `idempotent` for HTTP, after the IETF draft: a missing or malformed key is answered with 400, a request whose first one
 * is under way with 409 and `Retry-After`, a key with another payload, method or path with 422, all as
 * `application/problem+json`. A replay has the recorded status, body and allowed headers, and `Idempotent-Replayed: true`; the
 * first answer has all of its own. Errors with a status that the handler throws are answered alike; others go on to the caller.
 *
 * Every answer that Lambda takes is recorded, one without a status too, which stands for a 200. Answers have the format of the
 * event: HTTP API, REST API, function URL, or load balancer with or without multi-value headers.
 * @throws {InvalidOptionError} when it is constructed with a bad option, or without `principal`.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @example
 * ```ts
 * const store = memoryStore();
 * export const handler = idempotentHttp(
 *   { store, operation: 'create-order', principal: null, payload: (event: HttpEvent) => event.body },
 *   async () => ({ statusCode: 201, headers: { location: '/orders/7' }, body: '{"id":7}' }),
 * );
 * ```
 */
export function idempotentHttp<E extends HttpEvent, C, A, M extends readonly unknown[] = []>(
  options: HttpIdempotencyOptions<E>,
  run: (event: E, context: C, claim: Claim<NoInfer<A>>, ...more: M) => Promise<A>,
): (event: E, context: C, ...more: M) => Promise<A | HttpResponse> {
  const { recordStatus, replayHeaders, extraHeaders, onServerError = logError, ...others } = options;
  const { principal, payload, key = defaultKey, ...rest } = others;
  checkOptions(
    'idempotentHttp',
    { principal, extraHeaders, onServerError },
    {
      required: { principal: PRINCIPAL, onServerError: rule.fn() },
      optional: { extraHeaders: rule.fn() },
    },
  );
  const answers = new HttpAnswers('idempotentHttp', { recordStatus, replayHeaders });
  const report = safeListener(onServerError, 'idempotentHttp: onServerError');
  const headersFor = extraHeadersOf(options.operation, extraHeaders);
  const guard = new IdempotencyGuard<E>(
    {
      ...rest,
      ...(principal && { principal }),
      key,
      payload: (event, context) => [...methodAndPath(event), payload?.(event, context) ?? null],
    },
    (answer) => answers.isFailure(answer),
  );

  const answer = async (event: E, context: C, more: M): Promise<unknown> => {
    const begun = await guard.begin(event, context);
    if (begun.kind === 'unprotected') return run(event, context, UNPROTECTED, ...more);
    if (begun.kind === 'replay') return answers.replayed(event, begun.result, headersFor(event));
    let whole: unknown;
    const recorded = await runOnce<E, unknown>(guard, begun, async (claim) => {
      whole = await run(event, context, claimOfAnswer(claim, answers), ...more);
      return answers.isFailure(whole) ? whole : answers.recordable(whole);
    });
    return answers.firstAnswer(whole, recorded);
  };

  return async (event, context, ...more) => {
    try {
      return (await answer(event, context, more)) as A;
    } catch (error) {
      const status = statusForClient(error);
      if (status === undefined) throw error;
      if (status >= 500) report(error);
      return withHeaders(event, toProblem(error), headersFor(event));
    }
  };
}

/** A claim that records of an answer what is for all callers. */
const claimOfAnswer = <A>(claim: Claim<unknown>, answers: HttpAnswers): Claim<A> => ({
  fence: claim.fence,
  async completeWith(writes, result) {
    await claim.completeWith(writes, answers.recordable(result));
    return result;
  },
});
