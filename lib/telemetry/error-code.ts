import { withCauses } from '../core/causes.ts';

/** Stable and few, so that they can be a dimension: `BREAKER_OPEN`, `ECONNREFUSED`, `ThrottlingException`. */
const CODE = /^[A-Za-z][A-Za-z0-9_.]{0,59}$/;

/** What an error is called that nobody gave a name. */
const NAMELESS = 'Error';

const isCode = (value: unknown): value is string =>
  typeof value === 'string' && CODE.test(value) && value !== NAMELESS;

/**
 * What an error is called in metrics, traces and logs: its code or that of what led to it, else its name, else `UNKNOWN`.
 * Never its message, which may quote anything.
 */
export function errorCode(error: unknown): string {
  const chain = withCauses(error).filter((each) => each instanceof Error);
  const codes = chain.map((each) => (each as { readonly code?: unknown }).code);
  const names = chain.map(({ name }) => name);
  return [...codes, ...names].find(isCode) ?? 'UNKNOWN';
}
