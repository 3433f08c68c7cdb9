import { isJsonObject, isScalar, type JsonObject, type PathNode, type Scalar } from './model.ts';
import { follow } from './paths.ts';

/** Which element of which array of the event something is in; `outer` for the arrays around that one. */
export interface Membership {
  readonly array: number;
  readonly index: number;
  readonly outer: Membership | undefined;
}

export interface Leaf {
  readonly value: Scalar;
  /** Undefined for a leaf in no array of objects. A plain value in an array is in no element: any of them will do. */
  readonly membership: Membership | undefined;
}

/** The leaves of an event at the fields of a pattern, by slot. Arrays leave no trace in a path, only membership. */
export function collectLeaves(
  paths: PathNode,
  slots: number,
  event: JsonObject,
): readonly (readonly Leaf[])[] {
  const found: Leaf[][] = Array.from({ length: slots }, () => []);
  let arrays = 0;

  const visitObject = (object: JsonObject, node: PathNode, membership: Membership | undefined): void => {
    for (const key of Object.keys(object)) {
      const next = follow(node, key);
      if (next !== undefined) visit(object[key], next, membership);
    }
  };

  const visit = (value: unknown, node: PathNode, membership: Membership | undefined): void => {
    if (isScalar(value)) {
      if (node.slot !== undefined) found[node.slot]?.push({ value, membership });
    } else if (Array.isArray(value)) {
      const array = arrays++;
      for (const [index, element] of value.entries()) {
        const inner = isScalar(element) ? membership : { array, index, outer: membership };
        visit(element, node, inner);
      }
    } else if (isJsonObject(value)) visitObject(value, node, membership);
  };

  visitObject(event, paths, undefined);
  return found;
}

const indexIn = (membership: Membership | undefined, array: number): number | undefined => {
  for (let each = membership; each !== undefined; each = each.outer) {
    if (each.array === array) return each.index;
  }
  return undefined;
};

/**
 * Both memberships as one, or undefined when they are in different elements of one array. `one` may itself be the
 * outcome of joining; its order says nothing.
 */
export function joinMemberships(
  one: Membership | undefined,
  other: Membership | undefined,
): { readonly membership: Membership | undefined } | undefined {
  let membership = one;
  for (let each = other; each !== undefined; each = each.outer) {
    const index = indexIn(one, each.array);
    if (index === undefined) membership = { array: each.array, index: each.index, outer: membership };
    else if (index !== each.index) return undefined;
  }
  return { membership };
}
