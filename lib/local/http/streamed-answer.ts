import type { AnswerSink } from '../lambda/result.ts';
import { toAnswer } from './event.ts';
import { areWritable } from './hop-by-hop.ts';
import type { Answer } from './server.ts';

/** Of an answer whose first part says what status and headers it has. */
const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response';
/** Ends that first part. */
const DELIMITER = Buffer.alloc(8);

export interface StreamTarget {
  readonly head: (head: Answer) => void;
  readonly chunk: (bytes: Buffer) => Promise<void> | void;
}

/** The head that a prelude says: status, headers, cookies. Undefined when it is none. */
function headOf(prelude: Buffer): Answer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(prelude.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { headers, ...others } = value as { readonly headers?: object | null };
  const all = { 'content-type': 'application/octet-stream', ...headersByLowerName(headers) };
  const head = toAnswer(
    JSON.stringify({ statusCode: 200, ...others, headers: all, body: '', isBase64Encoded: false }),
  );
  return head && areWritable(head.headers ?? {}) ? head : undefined;
}

const headersByLowerName = (headers: object | null | undefined) =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));

/**
 * Takes an answer as a function writes it, and gives it on as a head and chunks. What is no answer gets no head.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 */
export function streamedAnswer(target: StreamTarget): AnswerSink {
  let contentType = '';
  let state: 'prelude' | 'body' | 'broken' = 'body';
  let isBegun = false;
  let prelude: Buffer = Buffer.alloc(0);

  const begin = (head: Answer | undefined) => {
    state = head ? 'body' : 'broken';
    isBegun = true;
    if (head) target.head(head);
  };
  const beginPlain = () => begin({ statusCode: 200, headers: { 'content-type': contentType } });

  return {
    begin(type) {
      contentType = type;
      if (type === WITH_PRELUDE) state = 'prelude';
    },
    async write(chunk) {
      if (state === 'prelude') {
        prelude = Buffer.concat([prelude, chunk]);
        const end = prelude.indexOf(DELIMITER);
        if (end < 0) return;
        begin(headOf(prelude.subarray(0, end)));
        chunk = prelude.subarray(end + DELIMITER.length);
      } else if (!isBegun) beginPlain();
      if (state === 'body' && chunk.length > 0) await target.chunk(chunk);
    },
    end() {
      // An answer without a body has a head all the same; one that broke off in its prelude has none.
      if (state === 'body' && !isBegun) beginPlain();
    },
  };
}
