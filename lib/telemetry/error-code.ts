import { withCauses } from '../core/causes.ts';

/** Stable and few, so that they can be a dimension: `BREAKER_OPEN`, `ECONNREFUSED`, `ThrottlingException`. */
const CODE = /^[A-Za-z][A-Za-z0-9_.]{0,59}$/;

/** The name that every error inherits: it says nothing. */
const INHERITED_NAME = 'Error';

const isCode = (value: unknown): value is string =>
  typeof value === 'string' && CODE.test(value) && value !== INHERITED_NAME;

/** A member of whatever was thrown. A getter or a proxy may throw: then there is no such member. */
function read(thrown: unknown, member: 'name' | 'message' | 'code'): unknown {
  try {
    return (thrown as Readonly<Record<string, unknown>> | null | undefined)?.[member];
  } catch {
    return undefined;
  }
}

/** An error of this realm, or one of another by its shape: `instanceof` knows only its own realm's. */
function isError(thrown: unknown): boolean {
  try {
    if (thrown instanceof Error) return true;
  } catch {
    return false;
  }
  return (
    typeof thrown === 'object' &&
    typeof read(thrown, 'name') === 'string' &&
    typeof read(thrown, 'message') === 'string'
  );
}

function chainOf(error: unknown): readonly unknown[] {
  try {
    return withCauses(error);
  } catch {
    // A cause that cannot be read: the error itself may still have a code.
    return [error];
  }
}

/**
 * The code of an error for metrics, traces and logs: its own or that of one of its causes, else a name, else `UNKNOWN`.
 * Never its message, which may quote anything. Never throws, whatever was thrown.
 */
export function errorCode(error: unknown): string {
  const chain = chainOf(error).filter(isError);
  const codes = chain.map((each) => read(each, 'code'));
  const names = chain.map((each) => read(each, 'name'));
  return [...codes, ...names].find(isCode) ?? 'UNKNOWN';
}
