const warned = new Set<string>();

function warnOnce(option: string): void {
  if (warned.has(option)) return;
  warned.add(option);
  process.emitWarning(`fibrin: \`${option}\` threw; its default was used instead`);
}

/** A user's predicate, as one that never throws: its default decides then. */
export function guarded<A extends readonly unknown[], R>(
  option: string,
  predicate: (...args: A) => R,
  defaultOf: (...args: A) => R,
): (...args: A) => R {
  return function guardedCall(...args) {
    try {
      return predicate(...args);
    } catch {
      warnOnce(option);
      return defaultOf(...args);
    }
  };
}
