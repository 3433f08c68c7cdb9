import type { Clause, Condition, Item } from '../core/store.ts';
import { toWire, type WireValue } from './marshal.ts';

export interface Expression {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  /** Absent when there is none: DynamoDB refuses an empty map. */
  readonly ExpressionAttributeValues?: Record<string, WireValue>;
}

/** A condition in DynamoDB's expression language, every name and value by placeholder. */
export function toExpression(condition: Condition, keyAttribute: string): Expression {
  const names: Record<string, string> = {};
  const values: Record<string, WireValue> = {};
  const nameOf = (attribute: string): string => {
    const known = Object.keys(names).find((placeholder) => names[placeholder] === attribute);
    const placeholder = known ?? `#n${Object.keys(names).length}`;
    names[placeholder] = attribute;
    return placeholder;
  };
  const clauseText = (clause: Clause): string => {
    if (clause === 'absent') return `attribute_not_exists(${nameOf(keyAttribute)})`;
    const comparisons = clause.map(({ attribute, is, value }) => {
      const placeholder = `:v${Object.keys(values).length}`;
      values[placeholder] = toWire(value);
      return `${nameOf(attribute)} ${is} ${placeholder}`;
    });
    return `(${comparisons.join(' AND ')})`;
  };
  const ConditionExpression = condition.map(clauseText).join(' OR ');
  return {
    ConditionExpression,
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

export interface Addition {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, WireValue>;
}

/** Adds to some attributes, sets others and removes some, every name and value by placeholder. */
export function toAddition(
  amounts: Readonly<Record<string, number>>,
  set: Item,
  remove: readonly string[] = [],
): Addition {
  const names: Record<string, string> = {};
  const values: Record<string, WireValue> = {};
  const nameOf = (attribute: string): string => {
    const placeholder = `#n${Object.keys(names).length}`;
    names[placeholder] = attribute;
    return placeholder;
  };
  const terms = (attributes: Item, operator: string) =>
    Object.entries(attributes).map(([attribute, value]) => {
      const placeholder = `:v${Object.keys(values).length}`;
      values[placeholder] = toWire(value);
      return `${nameOf(attribute)}${operator}${placeholder}`;
    });
  const clauses: readonly (readonly [string, readonly string[]])[] = [
    ['SET', terms(set, ' = ')],
    ['ADD', terms(amounts, ' ')],
    ['REMOVE', remove.map(nameOf)],
  ];
  return {
    // DynamoDB refuses a clause of nothing.
    UpdateExpression: clauses
      .filter(([, parts]) => parts.length > 0)
      .map(([clause, parts]) => `${clause} ${parts.join(', ')}`)
      .join(' '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  };
}
