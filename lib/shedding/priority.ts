import { fieldOf } from '../core/field.ts';
import { checkOptions } from '../core/options.ts';
import { propertyOf } from '../core/property.ts';
import * as rule from '../core/rules.ts';
import { labelOf, warnOnce } from '../core/warn-once.ts';

/** The first is shed last. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** The priority of a request, by what a client cannot choose. Undefined: `normal`. */
export type PriorityOf<E, C> = (event: E, context: C) => Priority | undefined;

const isPriority = (value: unknown): value is Priority => PRIORITIES.includes(value as Priority);

/** As a function that never throws: what is no priority is `normal`, with a warning once. */
export function guardedPriority<E, C>(
  owner: string,
  priorityOf: PriorityOf<E, C> | undefined,
): (event: E, context: C) => Priority {
  if (!priorityOf) return () => 'normal';
  const warn = (problem: string) => warnOnce(`${owner}: priority`, `${problem}; the priority is normal`);
  return (event, context) => {
    try {
      const priority: unknown = priorityOf(event, context);
      if (isPriority(priority)) return priority;
      if (priority === undefined) return 'normal';
      const isPromise = typeof propertyOf(priority, 'then') === 'function';
      warn(`returned ${isPromise ? 'a promise' : 'no priority'}`);
      // Nothing waits for it, so its rejection would end the process.
      if (isPromise) (async () => priority)().catch(() => undefined);
    } catch (error) {
      warn(`threw ${labelOf(error)}`);
    }
    return 'normal';
  };
}

const priorities = rule.unless(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length > 0 &&
    Object.values(value).every(isPriority),
  `an object whose values are ${PRIORITIES.join(', ')}`,
);

const priorityIn = (map: Readonly<Record<string, Priority>>, key: string): Priority | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** The route that API Gateway has found: of HTTP and WebSocket APIs, then of REST APIs. */
function routeOf(event: unknown): string | undefined {
  const key = fieldOf(event, ['requestContext', 'routeKey']);
  if (typeof key === 'string') return key;
  const [method, resource] = [fieldOf(event, ['httpMethod']), fieldOf(event, ['resource'])];
  return typeof method === 'string' && typeof resource === 'string' ? `${method} ${resource}` : undefined;
}

/**
 * Priority by the route of API Gateway, as it is defined there: `POST /orders/{id}`, also for a REST API.
 * @param routes The priority of each route. Others have none: they are `normal`.
 * @throws {InvalidOptionError} for what is no priority.
 * @example
 * ```ts
 * const priority = routePriority({ 'POST /orders': 'high', 'GET /reports/{id}': 'low' });
 * export const handler = withShedding({ priority }, async (_event: HttpEvent) => ({ statusCode: 200 }));
 * ```
 */
export function routePriority(
  routes: Readonly<Record<string, Priority>>,
): (event: unknown) => Priority | undefined {
  checkOptions('routePriority', { routes }, { required: { routes: priorities } });
  return (event) => priorityIn(routes, routeOf(event) ?? '');
}

/** Where authorizers put what they know of the caller: HTTP APIs by JWT and by a function, REST APIs by Cognito and by a function. */
const CLAIMS = [['jwt', 'claims'], ['lambda'], ['claims'], []] as const;

/**
 * Priority by what the authorizer of API Gateway says of the caller: a claim of its token, or a value of the context that a
 * Lambda authorizer gives.
 * @param claim Name of the claim.
 * @param values The priority of each value. Others have none: they are `normal`.
 * @throws {InvalidOptionError} for what is no priority.
 * @example
 * ```ts
 * const byPlan = claimPriority('plan', { business: 'high', free: 'low' });
 * const byRoute = routePriority({ 'GET /reports/{id}': 'low' });
 * const priority = (event: HttpEvent) => byRoute(event) ?? byPlan(event);
 * export const handler = withShedding({ priority }, async (_event: HttpEvent) => ({ statusCode: 200 }));
 * ```
 */
export function claimPriority(
  claim: string,
  values: Readonly<Record<string, Priority>>,
): (event: unknown) => Priority | undefined {
  checkOptions('claimPriority', { claim, values }, { required: { claim: rule.text(), values: priorities } });
  return (event) => {
    for (const path of CLAIMS) {
      const value = fieldOf(event, ['requestContext', 'authorizer', ...path, claim]);
      if (['string', 'number', 'boolean'].includes(typeof value)) return priorityIn(values, String(value));
    }
    return undefined;
  };
}
