import { errorChain } from '../core/error-chain.ts';
import { propertyOf } from '../core/property.ts';

/** Stable and few, so that they can be a dimension: `BREAKER_OPEN`, `ECONNREFUSED`, `ThrottlingException`. */
const CODE = /^[A-Za-z][A-Za-z0-9_.]{0,59}$/;

/** The name that every error inherits: it says nothing. */
const INHERITED_NAME = 'Error';

const isCode = (value: unknown): value is string =>
  typeof value === 'string' && CODE.test(value) && value !== INHERITED_NAME;

/** An error of this realm, or one of another by its shape: `instanceof` knows only its own realm's. */
function isError(thrown: unknown): boolean {
  try {
    if (thrown instanceof Error) return true;
  } catch {
    return false;
  }
  return (
    typeof thrown === 'object' &&
    typeof propertyOf(thrown, 'name') === 'string' &&
    typeof propertyOf(thrown, 'message') === 'string'
  );
}

/**
 * The code of an error for metrics, traces and logs: its own or that of one of its causes, else a name, else `UNKNOWN`.
 * Never its message, which may quote anything. Never throws, whatever was thrown.
 */
export function errorCode(error: unknown): string {
  const chain = errorChain(error).filter(isError);
  const codes = chain.map((each) => propertyOf(each, 'code'));
  const names = chain.map((each) => propertyOf(each, 'name'));
  return [...codes, ...names].find(isCode) ?? 'UNKNOWN';
}
