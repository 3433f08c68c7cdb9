import type { AttributeValue, Clause, Condition, Item } from '../core/store.ts';
import { toWire, type WireValue } from './marshal.ts';

export interface Expression {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  /** Absent when there is none: DynamoDB refuses an empty map. */
  readonly ExpressionAttributeValues?: Record<string, WireValue>;
}

/** Names and values of an expression, each by a placeholder. */
class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, WireValue> = {};

  readonly name = (attribute: string): string => put(this.names, '#n', attribute);

  readonly value = (value: AttributeValue): string => put(this.values, ':v', toWire(value));
}

function put<T>(into: Record<string, T>, prefix: string, value: T): string {
  const placeholder = prefix + Object.keys(into).length;
  into[placeholder] = value;
  return placeholder;
}

/** A condition in DynamoDB's expression language. */
export function toExpression(condition: Condition, keyAttribute: string): Expression {
  const of = new Placeholders();
  const clauseText = (clause: Clause): string =>
    clause === 'absent'
      ? `attribute_not_exists(${of.name(keyAttribute)})`
      : `(${clause.map(({ attribute, is, value }) => `${of.name(attribute)} ${is} ${of.value(value)}`).join(' AND ')})`;
  const ConditionExpression = condition.map(clauseText).join(' OR ');
  return {
    ConditionExpression,
    ExpressionAttributeNames: of.names,
    ...(Object.keys(of.values).length > 0 && { ExpressionAttributeValues: of.values }),
  };
}

export interface Addition {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, WireValue>;
}

/** Adds to some attributes, sets others and removes some. */
export function toAddition(
  amounts: Readonly<Record<string, number>>,
  set: Item,
  remove: readonly string[] = [],
): Addition {
  const of = new Placeholders();
  const terms = (attributes: Item, operator: string) =>
    Object.entries(attributes).map(([name, value]) => of.name(name) + operator + of.value(value));
  const clauses: readonly (readonly [string, readonly string[]])[] = [
    ['SET', terms(set, ' = ')],
    ['ADD', terms(amounts, ' ')],
    ['REMOVE', remove.map(of.name)],
  ];
  return {
    // DynamoDB refuses a clause of nothing.
    UpdateExpression: clauses
      .filter(([, parts]) => parts.length > 0)
      .map(([clause, parts]) => `${clause} ${parts.join(', ')}`)
      .join(' '),
    ExpressionAttributeNames: of.names,
    ExpressionAttributeValues: of.values,
  };
}
