import { withHeaders } from '../core/answer-headers.ts';
import { fieldOf } from '../core/field.ts';
import { methodOf, pathOf } from '../core/http-event.ts';
import { checkOptions } from '../core/options.ts';
import type { HttpResponse } from '../core/problem.ts';
import * as rule from '../core/rules.ts';
import { type HealthChecksOptions, healthChecks } from '../telemetry/health.ts';
import { orderCheck } from './adapter/order.ts';
import type { Middleware } from './types.ts';

export interface HealthOptions<E> extends Partial<HealthChecksOptions> {
  /** The path that is answered, as the caller writes it behind the stage. Default `/health`. */
  readonly path?: string;
  /**
   * Whether the caller may see the dependencies. Anything but true, or a promise of it, is a no. Default: where an authorizer
   * has admitted the caller, by JWT, IAM or one of your own.
   */
  readonly authorize?: (event: E) => boolean | Promise<boolean>;
}

const PATH = rule.unless(
  (value) => typeof value === 'string' && value.startsWith('/'),
  'a path that begins with "/"',
);

/** Where authorizers put who the caller is: REST APIs, then HTTP APIs and function URLs. */
const AUTHORIZED = [['claims'], ['principalId'], ['jwt', 'claims'], ['iam', 'userArn'], ['lambda']] as const;

const isAuthorized = (event: unknown): boolean =>
  AUTHORIZED.some((path) => {
    const found = fieldOf(event, ['requestContext', 'authorizer', ...path]);
    return found !== undefined && found !== null && found !== '';
  });

const answer = (event: unknown, statusCode: number, body: unknown): HttpResponse =>
  withHeaders(event, {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/**
 * Answers `GET /health` without the handler: `{ "status": "ok" }` to every caller, and the state of the dependencies to those
 * who may see it, with 503 when a critical one fails. See `healthChecks` for the checks.
 *
 * Use it right after `warmup`: what is outside of it treats a check as a request.
 * @throws {InvalidOptionError} when it is constructed with a bad option.
 * @example
 * ```ts
 * const store = memoryStore();
 * export const handler = middy()
 *   .use(health({ checks: { store: { run: (signal) => store.get('health', { signal }) } } }))
 *   .handler(async () => ({ statusCode: 200 }));
 * ```
 */
export function health<E, R>(
  options: HealthOptions<E> = {},
): Pick<Required<Middleware<E, unknown, R | HttpResponse>>, 'before'> {
  const { path = '/health', authorize = isAuthorized, checks, ...rest } = options;
  checkOptions('health', { path, authorize }, { required: { path: PATH, authorize: rule.fn() } });
  const check = healthChecks({ ...rest, checks: checks ?? {} });
  const checkOrder = orderCheck('health');
  return {
    async before(request) {
      checkOrder(request);
      const { event } = request;
      if (methodOf(event) !== 'GET' || pathOf(event) !== path) return undefined;
      if (checks === undefined || (await authorize(event)) !== true)
        return answer(event, 200, { status: 'ok' });
      const deep = await check();
      return answer(event, deep.status === 'failing' ? 503 : 200, deep);
    },
  };
}
