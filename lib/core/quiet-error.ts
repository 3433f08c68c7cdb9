/**
 * Makes an error without looking for where it is made, which takes longer than everything else about a refusal: of one
 * that is thrown a thousand times a second the place is always the same.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Rejects a turn later: a promise that is rejected before anybody listens costs Node more than all of a refusal. */
export const rejectedSoon = (error: Error): Promise<never> =>
  new Promise((_, reject) => {
    queueMicrotask(() => reject(error));
  });
