import type { PathNode } from './model.ts';

interface GrowingNode {
  readonly children: Map<string, GrowingNode>;
  slot: number | undefined;
}

const emptyNode = (): GrowingNode => ({ children: new Map(), slot: undefined });

/**
 * The tree of the fields' paths; a field's slot is its index in `names`. A dot in a name is a step like any other:
 * for Event Ruler `{"a.b": …}` and `{"a": {"b": …}}` are the same field.
 * @see https://github.com/aws/event-ruler#caveat-compiled-rules-and-json-keys-with-dots
 */
export function pathTree(names: readonly string[]): PathNode {
  const root = emptyNode();
  for (const [slot, name] of names.entries()) {
    let node = root;
    for (const step of name.split('.')) {
      const child = node.children.get(step) ?? emptyNode();
      node.children.set(step, child);
      node = child;
    }
    node.slot = slot;
  }
  return root;
}

/** The node that a key of an event leads to, or undefined when the pattern names nothing there. */
export function follow(node: PathNode, key: string): PathNode | undefined {
  const direct = node.children.get(key);
  if (direct !== undefined || !key.includes('.')) return direct;
  let current: PathNode | undefined = node;
  for (const step of key.split('.')) current = current?.children.get(step);
  return current;
}
