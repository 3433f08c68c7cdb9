import { checkOptions } from '../core/options.ts';
import { type Random, systemRandom } from '../core/random.ts';
import * as rule from '../core/rules.ts';
import {
  CORRELATION_HEADER,
  type Correlation,
  enterCorrelation,
  toCorrelation,
} from '../telemetry/correlation.ts';
import { correlationOf } from '../telemetry/correlation-sources.ts';
import type { Middleware, MiddyRequest } from './types.ts';

export interface CorrelationOptions {
  /** The header that brings the id and in which it is sent on and back. Default `x-correlation-id`. */
  readonly header?: string;
  /** Where new ids come from. Default: the system's. */
  readonly random?: Random;
}

interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, unknown>> | null;
}

const isHttpAnswer = (response: unknown): response is HttpAnswer =>
  typeof (response as { readonly statusCode?: unknown } | null | undefined)?.statusCode === 'number';

/**
 * Gives every invocation a correlation id, which `correlationId()` and `correlationHeaders()` of `fibrin/telemetry` then
 * know wherever the handler gets, also while other invocations run in the same process. It comes from the header or from
 * `traceparent` of an HTTP event, or from `detail.metadata.correlationId` of an event of EventBridge; an id that is not 1 to
 * 128 characters of A-Z, a-z, 0-9, ".", "_", ":", "-" is dropped, and a new one made. An HTTP answer, one that another
 * middleware made of an error too, brings it back in the header.
 *
 * Use it before whatever logs or calls. Records of a queue have ids of their own: see `correlated`. Middy runs no `after`
 * when a middleware answers early, so such an answer is without the header.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * export const handler = middy()
 *   .use(correlation())
 *   .handler(async () => ({ statusCode: 200, body: JSON.stringify({ id: correlationId() }) }));
 * ```
 */
export function correlation<E, R>(options: CorrelationOptions = {}): Required<Middleware<E, unknown, R>> {
  checkOptions('correlation', options, { optional: { header: rule.name(), random: rule.object() } });
  const { header = CORRELATION_HEADER, random = systemRandom } = options;
  const ofRequests = new WeakMap<object, Correlation>();
  const sendBack = async (request: MiddyRequest<E, unknown, R>) => {
    const { response } = request;
    const own = ofRequests.get(request);
    if (own === undefined || !isHttpAnswer(response)) return;
    request.response = { ...response, headers: { ...response.headers, [own.header]: own.id } };
  };
  return {
    // Up to its first await it runs in Middy's own context, whose later steps therefore see what is entered here.
    async before(request) {
      const own = toCorrelation(correlationOf(request.event, header), header, random);
      ofRequests.set(request, own);
      enterCorrelation(own);
      return undefined;
    },
    after: sendBack,
    onError: sendBack,
  };
}
