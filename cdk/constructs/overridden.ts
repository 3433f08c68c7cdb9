/**
 * Defaults, and over them what was given, the last of it first. `undefined` was not given: it takes no default away, here as in any
 * other prop.
 */
export function overridden<T extends object>(defaults: T, ...given: readonly (Partial<T> | undefined)[]): T {
  const stated = given
    .flatMap((props) => Object.entries(props ?? {}))
    .filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(stated) };
}
