/** An error and five causes. A longer chain explains nothing more, and a log line has to hold it. */
const MAX_ERRORS = 6;

/** What an error says about others, where it can be read. */
interface Linked {
  readonly name?: unknown;
  readonly cause?: unknown;
  readonly errors: Iterable<unknown>;
}

/**
 * An error, what caused it, what caused that: the error first, then up to five causes, each of them once. The errors that an
 * `AggregateError` collects (`Promise.any`, a connection tried at several addresses) are causes too. Takes errors of other
 * realms and copies of the package, and never throws.
 */
export function errorChain(error: unknown): readonly unknown[] {
  const chain = new Set([error]);
  // A set hands out what is added on the way, which makes this breadth first.
  for (const link of chain) {
    try {
      const { name, cause, errors } = (link ?? {}) as Linked;
      for (const next of [cause, ...(name === 'AggregateError' ? errors : [])])
        if (next !== undefined && chain.size < MAX_ERRORS) chain.add(next);
    } catch {
      // A Proxy or a getter that throws: what caused it cannot be read.
    }
  }
  return [...chain];
}
