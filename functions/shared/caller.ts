import type { HttpHandlerEvent } from './http.ts';

interface Authorizer {
  readonly jwt?: { readonly claims?: Readonly<Record<string, unknown>> };
  readonly iam?: { readonly userArn?: string };
}

/** The caller as the API's authorizer identifies it. Without an authorizer all callers are one. */
export function callerOf({ requestContext }: HttpHandlerEvent): string {
  const { jwt, iam } =
    (('authorizer' in requestContext ? requestContext.authorizer : undefined) as Authorizer) ?? {};
  return String(jwt?.claims?.['sub'] ?? iam?.userArn ?? 'anybody');
}
