import { withHeaders } from '../core/answer-headers.ts';
import { guarded } from '../core/guarded.ts';
import { checkOptions } from '../core/options.ts';
import { isObject } from '../core/property.ts';
import * as rule from '../core/rules.ts';

/** An answer of a handler with a status, as API Gateway, function URLs and load balancers take it. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, unknown>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, unknown>> | null;
  readonly body?: unknown;
  readonly isBase64Encoded?: boolean;
}

export interface HttpAnswerOptions {
  /**
   * Which answers are recorded. One that is not frees the key; with `hold`, only where its status says that nothing happened.
   * Default: those below 500, but for 408, 409, 425 and 429.
   */
  readonly recordStatus?: ((status: number) => boolean) | undefined;
  /** Headers that are recorded and replayed. Default: those that describe the body, those of CORS, and `location`. */
  readonly replayHeaders?: readonly string[] | undefined;
}

/** Answers that speak of the moment: the same request may be answered otherwise later. */
const OF_THE_MOMENT = [408, 409, 425, 429];
const isOfTheRequest = (status: number): boolean => status < 500 && !OF_THE_MOMENT.includes(status);

// Not Set-Cookie nor anything about one caller or one connection.
const REPLAY_HEADERS = [
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-location'],
  ...['content-type', 'etag', 'expires', 'last-modified', 'link', 'location', 'vary'],
  ...['access-control-allow-origin', 'access-control-allow-credentials', 'access-control-expose-headers'],
];

/**
 * Whether a result is an answer with a status. One without is the body of a 200, the shorthand of format 2.0. A stream, and what
 * says itself what it is in JSON, cannot be taken apart.
 */
const isAnswer = (answer: unknown): answer is HttpAnswer =>
  isObject(answer) &&
  typeof (answer as Partial<HttpAnswer>).statusCode === 'number' &&
  !('pipe' in answer || 'toJSON' in answer);

const only = (headers: object, names: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name.toLowerCase())));

/** What of answers is recorded, and how it is replayed. */
export class HttpAnswers {
  readonly #isRecorded: (status: number) => boolean;
  readonly #names: ReadonlySet<string>;

  /** @throws {InvalidOptionError} for a bad option. */
  constructor(owner: string, { recordStatus, replayHeaders = REPLAY_HEADERS }: HttpAnswerOptions) {
    checkOptions(
      owner,
      { recordStatus, replayHeaders },
      { optional: { recordStatus: rule.fn(), replayHeaders: rule.texts() } },
    );
    this.#isRecorded = guarded(`${owner}: recordStatus`, recordStatus, isOfTheRequest, 'boolean');
    this.#names = new Set(replayHeaders.map((name) => name.toLowerCase()));
  }

  isFailure(answer: unknown): boolean {
    return isAnswer(answer) && !this.#isRecorded(answer.statusCode);
  }

  /** What of an answer is for all callers. */
  recordable(answer: unknown): unknown {
    if (!isAnswer(answer)) return answer;
    const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = answer;
    return {
      statusCode,
      ...(headers && { headers: only(headers, this.#names) }),
      ...(multiValueHeaders && { multiValueHeaders: only(multiValueHeaders, this.#names) }),
      ...(body !== undefined && { body }),
      ...(isBase64Encoded !== undefined && { isBase64Encoded }),
    };
  }

  /** What was recorded, as the first caller gets it: with what of its answer is not for others too. */
  firstAnswer(answer: unknown, recorded: unknown): unknown {
    if (!isAnswer(answer) || !isAnswer(recorded)) return recorded;
    const { headers, multiValueHeaders } = answer;
    return {
      ...answer,
      ...recorded,
      ...(headers && { headers: { ...headers, ...recorded.headers } }),
      ...(multiValueHeaders && {
        multiValueHeaders: { ...multiValueHeaders, ...recorded.multiValueHeaders },
      }),
    };
  }

  /** What was recorded, as a replay. Without a status it has no place for the mark. */
  replayed(event: unknown, recorded: unknown, more?: Readonly<Record<string, string>>): unknown {
    return isAnswer(recorded)
      ? withHeaders(event, recorded, { ...more, 'idempotent-replayed': 'true' })
      : recorded;
  }
}
