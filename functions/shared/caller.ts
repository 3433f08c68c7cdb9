import { FibrinError } from 'fibrin';
import type { HttpHandlerEvent } from './http.ts';

type Claims = Readonly<Record<string, unknown>>;

interface Authorizer {
  readonly jwt?: { readonly claims?: Claims | null } | null;
  readonly iam?: (Claims & { readonly cognitoIdentity?: Claims | null }) | null;
}

const textOf = (claim: unknown): string => (typeof claim === 'string' ? claim : '');

/** A subject means something to its issuer only. OpenID Connect has subjects of 255 characters at most. */
function jwtCaller({ iss, sub }: Claims): string | undefined {
  const [issuer, subject] = [textOf(iss), textOf(sub)];
  return issuer !== '' && /^\S{1,255}$/.test(subject) ? `jwt ${issuer} ${subject}` : undefined;
}

/**
 * What of `userId` stays the same: a role's id, behind which is the name of a session, which the next session need not have;
 * the id of a user; the account for its root; the account and the name of a federated user.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
 */
const STABLE_ID = /^(?:(AROA[A-Z0-9]{12,124}):.+|(AIDA[A-Z0-9]{12,124}|\d{12}(?::[\w+=,.@-]{2,32})?))$/;

/** All callers of an identity pool have one role: what tells them apart is their identity in the pool. */
function iamCaller({ accountId, userId, cognitoIdentity }: NonNullable<Authorizer['iam']>) {
  if (cognitoIdentity) {
    const identity = textOf(cognitoIdentity['identityId']);
    return identity === '' ? undefined : `cognito ${identity}`;
  }
  const [, role, other] = STABLE_ID.exec(textOf(userId)) ?? [];
  const id = role ?? other;
  return id !== undefined && /^\d{12}$/.test(textOf(accountId)) ? `iam ${accountId} ${id}` : undefined;
}

/** Only what the API's own authorizer says is believed. */
function authorizedCaller({ requestContext }: HttpHandlerEvent): string | undefined {
  const { jwt, iam } = ((requestContext as { readonly authorizer?: Authorizer | null }).authorizer ??
    {}) as Authorizer;
  if (jwt?.claims) return jwtCaller(jwt.claims);
  return iam ? iamCaller(iam) : undefined;
}

/** Where the API is open, on one machine, all callers are one. A deployed bundle does not contain that. */
const identify: (event: HttpHandlerEvent) => string | undefined =
  process.env['FIBRIN_OPEN_API'] === 'on' ? () => 'every caller of an open API' : authorizedCaller;

export const isIdentified = (event: HttpHandlerEvent): boolean => identify(event) !== undefined;

/**
 * The caller as the API's authorizer identifies it, the same over all sessions of a role.
 * @throws {FibrinError} 403 where it does not: a caller that is not known must not be taken for another.
 */
export function callerOf(event: HttpHandlerEvent): string {
  const caller = identify(event);
  if (caller === undefined)
    throw new FibrinError('UNKNOWN_CALLER', 'The request has no claim that says whose it is', {
      status: 403,
    });
  return caller;
}
