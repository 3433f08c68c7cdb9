import type { HttpHandlerEvent } from './http.ts';

interface Authorizer {
  readonly jwt?: { readonly claims?: Readonly<Record<string, unknown>> };
  readonly iam?: { readonly userArn?: string };
}

/** Who calls, as the authorizer in front of the API says; everybody is one where there is none. */
export function callerOf({ requestContext }: HttpHandlerEvent): string {
  const { jwt, iam } =
    (('authorizer' in requestContext ? requestContext.authorizer : undefined) as Authorizer) ?? {};
  return String(jwt?.claims?.['sub'] ?? iam?.userArn ?? 'anybody');
}
