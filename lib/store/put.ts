import { InvalidOptionError } from '../core/errors.ts';
import type { Condition, Item } from '../core/store.ts';
import { toExpression } from './expression.ts';
import { toWireItem } from './marshal.ts';
import type { PutInput } from './transport/transport.ts';

/** Where an item goes. */
export interface Place {
  readonly table: string;
  readonly keyAttribute: string;
  readonly key: string;
}

/**
 * The write of one item, as PutItem and a transaction take it.
 * @throws {InvalidOptionError} for an item that has an attribute of the key's name, which the key would replace.
 */
export const putInput = (
  { table, keyAttribute, key }: Place,
  item: Item,
  when: Condition | undefined,
): PutInput => {
  if (keyAttribute in item)
    throw new InvalidOptionError(
      `dynamoStore: expected \`keyAttribute\` to be none of the attributes of an item, got "${keyAttribute}"; name another partition key`,
    );
  return {
    TableName: table,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    Item: { ...toWireItem(item), [keyAttribute]: { S: key } },
    ...(when && toExpression(when, keyAttribute)),
  };
};
