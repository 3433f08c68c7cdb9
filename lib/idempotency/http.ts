import { checkOptions } from '../core/options.ts';
import { type HttpResponse, statusForClient, toProblem } from '../core/problem.ts';
import * as rule from '../core/rules.ts';
import { idempotencyGuard } from './guard.ts';
import type { IdempotencyOptions } from './options.ts';
import { type Claim, runOnce, UNPROTECTED } from './run-once.ts';
import { type HttpEvent, header } from './sources.ts';

/** An HTTP answer of a handler, as Lambda proxies understand it. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export interface HttpIdempotencyOptions<E> extends Omit<IdempotencyOptions<E>, 'key'> {
  /** Default: the header `Idempotency-Key`. */
  readonly key?: IdempotencyOptions<E>['key'];
  /** Which answers are recorded; another one frees the key. Default: those below 500, but for 408, 409, 425 and 429. */
  readonly recordStatus?: (status: number) => boolean;
  /** Headers that are recorded and replayed, in lower case. Default: those that describe the body and `location`. */
  readonly replayHeaders?: readonly string[];
}

/** Answers that speak of the moment: the same request may be answered otherwise later. */
const OF_THE_MOMENT = new Set([408, 409, 425, 429]);

// Not Set-Cookie nor anything about one caller or one connection.
const REPLAY_HEADERS = [
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-location'],
  ...['content-type', 'etag', 'expires', 'last-modified', 'link', 'location', 'vary'],
];

const defaultKey = header('Idempotency-Key');

/** What of an answer is recorded. */
function recordable<A extends HttpAnswer>(answer: A, names: ReadonlySet<string>): A {
  const { statusCode, headers = {}, body, isBase64Encoded } = answer;
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name.toLowerCase())));
  return {
    statusCode,
    headers: kept,
    ...(body !== undefined && { body }),
    ...(isBase64Encoded !== undefined && { isBase64Encoded }),
  } as A;
}

/**
 * `idempotent` for HTTP, after the IETF draft: a missing or malformed key is answered with 400, a request whose first one
 * is under way with 409 and `Retry-After`, a key with another payload with 422, all as `application/problem+json`. A replay
 * has the recorded status, body and allowed headers, and `Idempotent-Replayed: true`; the first answer has all of its own.
 * Errors with a status that the handler throws are answered alike; others go on to whoever handles them.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @example
 * ```ts
 * const store = memoryStore();
 * export const handler = idempotentHttp(
 *   { store, operation: 'create-order', payload: (event: HttpEvent) => event.body },
 *   async () => ({ statusCode: 201, headers: { location: '/orders/7' }, body: '{"id":7}' }),
 * );
 * ```
 */
export function idempotentHttp<
  E extends HttpEvent,
  C,
  A extends HttpAnswer,
  M extends readonly unknown[] = [],
>(
  options: HttpIdempotencyOptions<E>,
  run: (event: E, context: C, claim: Claim<NoInfer<A>>, ...more: M) => Promise<A>,
): (event: E, context: C, ...more: M) => Promise<A | HttpResponse> {
  const { recordStatus, replayHeaders, key = defaultKey, ...rest } = options;
  checkOptions(
    'idempotentHttp',
    { recordStatus, replayHeaders },
    { optional: { recordStatus: rule.fn(), replayHeaders: rule.texts() } },
  );
  const isRecorded = recordStatus ?? ((status: number) => status < 500 && !OF_THE_MOMENT.has(status));
  const names = new Set((replayHeaders ?? REPLAY_HEADERS).map((name) => name.toLowerCase()));
  const guard = idempotencyGuard<E>({ ...rest, key }, (answer) => !isRecorded((answer as A).statusCode));

  const answer = async (event: E, context: C, more: M): Promise<A> => {
    const begun = await guard.begin(event, context);
    if (begun.kind === 'unprotected') return run(event, context, UNPROTECTED, ...more);
    if (begun.kind === 'replay') {
      const recorded = begun.result as A;
      return { ...recorded, headers: { ...recorded.headers, 'idempotent-replayed': 'true' } };
    }
    let whole: A | undefined;
    const recorded = await runOnce<E, A>(guard, begun, async (claim) => {
      const ofAnswer: Claim<A> = {
        fence: claim.fence,
        completeWith: async (writes, result) => {
          await claim.completeWith(writes, recordable(result, names));
          return result;
        },
      };
      whole = await run(event, context, ofAnswer, ...more);
      return isRecorded(whole.statusCode) ? recordable(whole, names) : whole;
    });
    // The first caller gets what is not for others too.
    return { ...whole, ...recorded, headers: { ...whole?.headers, ...recorded.headers } };
  };

  return async (event, context, ...more) => {
    try {
      return await answer(event, context, more);
    } catch (error) {
      if (statusForClient(error) !== undefined) return toProblem(error);
      throw error;
    }
  };
}
