import { HttpMethod, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ResilientHttpApi } from 'fibrin/cdk';
import type { Authorization } from './authorization.ts';

/** What answers the API's routes. */
export interface ProfileHandlers {
  readonly getProfile: IFunction;
  readonly getProfileNaive: IFunction;
  readonly putProfile: IFunction;
  readonly health: IFunction;
}

const authorizerOf = (authorization: Authorization): IHttpRouteAuthorizer =>
  authorization.kind === 'jwt'
    ? new HttpJwtAuthorizer('Jwt', authorization.issuer, { jwtAudience: [...authorization.audience] })
    : new HttpIamAuthorizer();

/** The HTTP API of the app. On one machine it is open: the local run has no authorizer. */
export function profileApi(
  scope: Construct,
  id: string,
  authorization: Authorization,
  handlers: ProfileHandlers,
): ResilientHttpApi {
  const { getProfile, getProfileNaive, putProfile, health } = handlers;
  const guarded =
    authorization.kind === 'none'
      ? { isPublic: true, publicReason: 'The stage of the local run is never deployed' }
      : {};
  return new ResilientHttpApi(scope, id, {
    authorizer: authorizerOf(authorization),
    routes: [
      { method: HttpMethod.GET, path: '/api/profiles/{id}', handler: getProfile, ...guarded },
      { method: HttpMethod.PUT, path: '/api/profiles/{id}', handler: putProfile, ...guarded },
      { method: HttpMethod.GET, path: '/api/naive/profiles/{id}', handler: getProfileNaive, ...guarded },
      {
        method: HttpMethod.GET,
        path: '/api/health',
        handler: health,
        isPublic: true,
        publicReason: 'Load balancers and monitors ask it; it says that the function runs, and calls nothing',
      },
      { method: HttpMethod.GET, path: '/api/health/deep', handler: health, ...guarded },
    ],
  });
}
