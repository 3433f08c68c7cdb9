/** A request as a function URL and an HTTP API bring it, as far as middlewares read it. */
export const httpEvent = <M extends object>(more?: M) => ({
  rawPath: '/orders',
  requestContext: { http: { method: 'POST', path: '/orders' } },
  ...(more as M),
});
