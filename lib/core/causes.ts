/** Further than this a chain of causes tells nobody anything, and a circle would have no end. */
const MOST_CAUSES = 5;

/** An error, what led to it, what led to that: itself first, then up to five causes. */
export function withCauses(error: unknown): readonly unknown[] {
  const chain = [error];
  let current = error;
  while (current instanceof Error && current.cause !== undefined && chain.length <= MOST_CAUSES) {
    current = current.cause;
    chain.push(current);
  }
  return chain;
}
