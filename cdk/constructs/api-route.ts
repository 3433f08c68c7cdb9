import type { Duration } from 'aws-cdk-lib';
import type { HttpMethod, ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { refuse } from './refuse.ts';

/** A route of a `ResilientHttpApi` and the function that answers it. */
export interface ResilientHttpApiRoute {
  readonly method: HttpMethod;
  /** Begins with `/` and does not end with one. Parameters are in braces: `/orders/{id}`. */
  readonly path: string;
  /** The function, or better an alias of it, so that a deployment can shift traffic. */
  readonly handler: IFunction;
  /**
   * Opens the route to everybody, whatever the rest of the API asks for. Needs `publicReason`.
   * @default false
   */
  readonly isPublic?: boolean;
  /**
   * Why everybody may call the route: the reason with which the construct acknowledges cdk-nag's finding.
   * @default - none; the route is not public
   */
  readonly publicReason?: string;
  /**
   * Limits of this route. What is left out is that of the API.
   * @default - those of the API, which its other routes use up too
   */
  readonly throttle?: ThrottleSettings;
  /**
   * How long the API waits for the function: at least as long as that may take, at most 29 s.
   * @default - ten seconds, the longest that a start takes, more than the function's timeout; 29 s at most
   */
  readonly timeout?: Duration;
}

/** `GET /orders/{id}`, as API Gateway names routes. */
export const routeKeyOf = ({ method, path }: ResilientHttpApiRoute): string => `${method} ${path}`;

/** Refuses a route that API Gateway would refuse later, and one whose opening is not meant. */
export function checkRoute(construct: Construct, route: ResilientHttpApiRoute): void {
  const { path, isPublic = false, publicReason = '' } = route;
  const key = routeKeyOf(route);
  if (path !== '/' && !/^\/.*[^/]$/.test(path))
    refuse(
      construct,
      `expected \`path\` to begin with "/" and not to end with one, got ${JSON.stringify(path)}`,
    );
  const hasReason = publicReason.trim() !== '';
  if (isPublic && !hasReason)
    refuse(
      construct,
      `expected \`publicReason\` of ${key} to say why everybody may call it, got none; give one, or leave out \`isPublic\``,
    );
  if (!isPublic && hasReason)
    refuse(
      construct,
      `expected \`isPublic: true\` beside \`publicReason\` of ${key}, got ${isPublic}; set it, or leave out the reason`,
    );
}
