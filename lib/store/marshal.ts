import type { AttributeValue, Item } from '../core/store.ts';

/** DynamoDB's own form of the attribute types that the store uses. */
export type WireValue = { readonly S: string } | { readonly N: string } | { readonly BOOL: boolean };
export type WireItem = Readonly<Record<string, WireValue>>;

export function toWire(value: AttributeValue): WireValue {
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return { N: String(value) };
    case 'boolean':
      return { BOOL: value };
  }
}

export function toWireItem(item: Item): Record<string, WireValue> {
  // A copy first: to assign to a name such as `__proto__` is to define it only where it is defined.
  const wire: Record<string, AttributeValue | WireValue> = { ...item };
  for (const name of Object.keys(item)) wire[name] = toWire(item[name] as AttributeValue);
  return wire as Record<string, WireValue>;
}

/** Attributes of other types belong to other programs and are left out. */
export function fromWireItem(item: Readonly<Record<string, unknown>>): Item {
  const attributes: [string, AttributeValue][] = [];
  for (const [name, value] of Object.entries(item)) {
    const { S, N, BOOL } = value as { S?: string; N?: string; BOOL?: boolean };
    const plain = S ?? (N === undefined ? BOOL : Number(N));
    if (plain !== undefined) attributes.push([name, plain]);
  }
  return Object.fromEntries(attributes);
}
