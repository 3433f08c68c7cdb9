import type { Construct } from 'constructs';

/**
 * Refuses the props of a construct.
 * @param trouble The prop, what was expected of it, what was given, and the fix.
 */
export function refuse(construct: Construct, trouble: string): never {
  throw new Error(`${construct.node.path}: ${trouble}`);
}

/**
 * Refuses two props that say the same, such as an existing resource and the props of a new one.
 * @param props Which of them were given, by their names.
 */
export function refuseBoth(construct: Construct, props: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(props).filter((name) => props[name] !== undefined);
  if (given.length > 1)
    refuse(construct, `expected one of \`${given.join('` and `')}\`, got both; leave out one of them`);
}
