import type { Node } from 'constructs';

/**
 * Refuses the value of a context.
 * @param trouble What was expected.
 * @param fix What to do, an imperative.
 */
export function refuseContext(name: string, trouble: string, value: unknown, fix: string): never {
  throw new Error(`Context \`${name}\`: expected ${trouble}, got ${JSON.stringify(value)}; ${fix}`);
}

/** The text of a context, without blanks around it. Undefined where it is not set. */
export function textContext(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined || typeof value === 'string') return value?.trim();
  return refuseContext(name, 'text', value, `write it in quotes in cdk.json, or set it by -c ${name}=…`);
}

/** One of a few values of a context, the first where it is not set. */
export function choiceContext<T extends string>(node: Node, name: string, choices: readonly [T, ...T[]]): T {
  const [byDefault] = choices;
  const value = textContext(node, name);
  if (value === undefined) return byDefault;
  const choice = choices.find((candidate) => candidate === value);
  const all = choices.map((candidate) => JSON.stringify(candidate)).join(' or ');
  return (
    choice ?? refuseContext(name, all, value, `set it by -c ${name}=${byDefault}, or leave it out for that`)
  );
}
