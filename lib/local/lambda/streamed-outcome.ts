import type { IncomingMessage } from 'node:http';
import type { Outcome } from './runtime-api.ts';

const METADATA_TYPE = 'application/vnd.awslambda.http-integration-response';
/** Between the metadata and the body. */
const DELIMITER = Buffer.alloc(8);

/** What a handler that streams has answered, once all of it is there. With metadata it is the answer that they describe. */
export function streamedOutcome(request: IncomingMessage, body: Buffer): Outcome {
  const trailer = (name: string) => request.trailers[`lambda-runtime-function-error-${name}`];
  const errorType = trailer('type');
  if (errorType !== undefined)
    return {
      errorType: String(errorType),
      payload: Buffer.from(String(trailer('body') ?? ''), 'base64').toString('utf8'),
    };
  const at = body.indexOf(DELIMITER);
  if (request.headers['content-type'] !== METADATA_TYPE || at < 0) return { payload: body.toString('utf8') };
  const metadata = JSON.parse(body.toString('utf8', 0, at)) as object;
  const content = body.subarray(at + DELIMITER.length).toString('base64');
  return { payload: JSON.stringify({ statusCode: 200, ...metadata, body: content, isBase64Encoded: true }) };
}
