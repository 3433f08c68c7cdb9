export const handler = async ({ routeKey, requestContext }) => ({
  routeKey,
  who: requestContext.authorizer?.jwt.claims.sub ?? 'a guest',
  scopes: requestContext.authorizer?.jwt.scopes ?? [],
});
