import type { HttpHandlerEvent } from '../../functions/shared/http.ts';

/** A request as an HTTP API hands it to a function of the profile app. */
export const profileRequest = (
  more: Partial<Omit<HttpHandlerEvent, 'requestContext'>> = {},
  authorizer?: unknown,
): HttpHandlerEvent => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/api/profiles/7',
  rawQueryString: '',
  headers: {},
  isBase64Encoded: false,
  ...more,
  requestContext: {
    accountId: '123456789012',
    apiId: 'api',
    domainName: 'api.example',
    domainPrefix: 'api',
    http: {
      method: 'PUT',
      path: '/api/profiles/7',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.1',
      userAgent: 'test',
    },
    requestId: 'request',
    routeKey: '$default',
    stage: '$default',
    time: '15/Jun/2025:12:00:00 +0000',
    timeEpoch: 1_749_988_800_000,
    ...(authorizer !== undefined && { authorizer }),
  },
});
