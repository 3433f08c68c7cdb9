/** A request as a function URL and an HTTP API bring it, as far as middlewares read it. */
export const httpEvent = <M extends object>(more?: M) => ({
  rawPath: '/orders',
  requestContext: { http: { method: 'POST', path: '/orders' } },
  ...(more as M),
});

/** A request of a load balancer that sends all values of a header, and reads `multiValueHeaders` of an answer only. */
export const manyValueEvent = <M extends object>(more?: M) => ({
  ...{ httpMethod: 'GET', path: '/orders', multiValueHeaders: { 'x-correlation-id': ['a'] } },
  requestContext: { elb: { targetGroupArn: 'arn' } },
  ...(more as M),
});
