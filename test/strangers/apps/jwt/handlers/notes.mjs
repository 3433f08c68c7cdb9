export const handler = async ({ routeKey, requestContext }) => ({
  routeKey,
  who: requestContext.authorizer?.jwt.claims.sub ?? 'nobody',
  scopes: requestContext.authorizer?.jwt.scopes ?? [],
});
