/** What is found by a method and a path: `GET /a/{id}`, `ANY /{proxy+}`, or `$default`. */
interface Routed {
  readonly routeKey: string;
}

export interface RouteMatch<R> {
  readonly route: R;
  /** As they stand in the path: encoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface CompiledRoute<R> {
  readonly route: R;
  readonly method: string;
  readonly segments: readonly string[];
}

/** How specific a segment is: a literal beats `{id}`, which beats `{proxy+}`. */
const weight = (segment: string | undefined): number =>
  segment === undefined ? 0 : !segment.startsWith('{') ? 3 : segment.endsWith('+}') ? 1 : 2;

function compareSpecificity(a: CompiledRoute<unknown>, b: CompiledRoute<unknown>): number {
  for (let index = 0; index < Math.max(a.segments.length, b.segments.length); index++) {
    const difference = weight(b.segments[index]) - weight(a.segments[index]);
    if (difference !== 0) return difference;
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function matchSegments(
  pattern: readonly string[],
  path: readonly string[],
): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of pattern.entries()) {
    const actual = path[index];
    if (actual === undefined) return undefined;
    if (segment.startsWith('{') && segment.endsWith('+}')) {
      // It stands for the children of a path, and the root is not one of its own.
      const children = path.slice(index).join('/');
      if (children === '' && index === 0) return undefined;
      parameters[segment.slice(1, -2)] = children;
      return parameters;
    }
    if (segment.startsWith('{') && segment.endsWith('}')) {
      if (actual === '') return undefined;
      parameters[segment.slice(1, -1)] = actual;
    } else if (segment !== actual) return undefined;
  }
  return pattern.length === path.length ? parameters : undefined;
}

/** Finds the route of a request as an HTTP API does: the most specific one, then `$default`. */
export function routeFinder<R extends Routed>(
  routes: readonly R[],
): (method: string, path: string) => RouteMatch<R> | undefined {
  const compiled = routes
    .filter(({ routeKey }) => routeKey !== '$default')
    .map((route): CompiledRoute<R> => {
      const [method = 'ANY', path = '/'] = route.routeKey.split(' ');
      return { route, method, segments: path.split('/').slice(1) };
    })
    .sort(compareSpecificity);
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');
  return (method, path) => {
    const segments = path.split('/').slice(1);
    for (const candidate of compiled) {
      if (candidate.method !== 'ANY' && candidate.method !== method) continue;
      const pathParameters = matchSegments(candidate.segments, segments);
      if (pathParameters) return { route: candidate.route, pathParameters };
    }
    return fallback && { route: fallback, pathParameters: {} };
  };
}
