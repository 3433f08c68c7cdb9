import {
  HttpApi,
  type HttpMethod,
  HttpNoneAuthorizer,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import type { ResilientFunction } from 'fibrin/cdk';
import type { Authorization } from './stage.ts';

export interface ApiRoute {
  readonly method: HttpMethod;
  readonly path: string;
  readonly function: ResilientFunction;
  /** Open to everybody, whatever the rest of the API asks for. @default false */
  readonly public?: boolean;
}

function authorizerOf(authorization: Authorization): IHttpRouteAuthorizer {
  switch (authorization.kind) {
    case 'iam':
      return new HttpIamAuthorizer();
    case 'jwt':
      return new HttpJwtAuthorizer('Jwt', authorization.issuer, { jwtAudience: [...authorization.audience] });
    case 'none':
      return new HttpNoneAuthorizer();
  }
}

/** An HTTP API in front of functions; a route without an authorizer has to say so. */
export function httpApi(
  scope: Construct,
  id: string,
  authorization: Authorization,
  routes: readonly ApiRoute[],
): HttpApi {
  const api = new HttpApi(scope, id, { defaultAuthorizer: authorizerOf(authorization) });
  const open = new HttpNoneAuthorizer();
  for (const { method, path, function: target, public: isPublic } of routes) {
    api.addRoutes({
      path,
      methods: [method],
      integration: new HttpLambdaIntegration(`${method}${path.replaceAll(/[^a-z]+/g, '-')}`, target.alias),
      ...(isPublic && { authorizer: open }),
    });
  }
  return api;
}
