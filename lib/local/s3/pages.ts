import { type FauxqsApp, type IncomingRequest, refuseStrangersOf } from '../sqs/engine.ts';
import { corsHeaders, preflightAnswer, ruleFor } from './cors.ts';
import type { BucketModel, CorsRule } from './model.ts';

/**
 * Answers preflight requests, and lets in the pages that the rules of a bucket allow. Without a rule a page of another origin is
 * refused: signatures, by which AWS would know who it is, are not checked here.
 */
export function admitPages(app: FauxqsApp, buckets: readonly BucketModel[]): void {
  const rulesOf = ({ url }: IncomingRequest): readonly CorsRule[] => {
    const [, name] = /^\/([^/?]+)/.exec(url) ?? [];
    return buckets.find((bucket) => bucket.name === name)?.cors ?? [];
  };
  const pageRequest = ({ method, headers }: IncomingRequest) => ({
    ...{ origin: String(headers['origin'] ?? ''), method, requestedHeaders: undefined },
  });
  const isPreflight = ({ method }: IncomingRequest): boolean => method === 'OPTIONS';
  refuseStrangersOf(
    app,
    (request) => isPreflight(request) || ruleFor(rulesOf(request), pageRequest(request)) !== undefined,
  );
  app.addHook('onRequest', async (request, reply) => {
    if (reply.sent) return;
    const rules = rulesOf(request);
    if (isPreflight(request)) {
      const { statusCode, headers, body } = preflightAnswer(rules, request.headers);
      await reply.code(statusCode).headers(headers).send(body);
      return;
    }
    const page = pageRequest(request);
    const rule = page.origin === '' ? undefined : ruleFor(rules, page);
    if (rule) reply.headers(corsHeaders(rule, page));
  });
}
