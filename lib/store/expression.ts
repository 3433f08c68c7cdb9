import type { Clause, Condition } from '../core/store.ts';
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
