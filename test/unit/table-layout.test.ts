import { describe, expect, expectTypeOf, test } from 'vitest';
import { countsKey } from '../../lib/breaker/outcome-counts.ts';
import { OpeningRule } from '../../lib/breaker/rule.ts';
import { stateKey } from '../../lib/breaker/state.ts';
import type { AddOptions } from '../../lib/core/store.ts';
import {
  breakerAccess,
  cacheAccess,
  operationAccess,
  type TableAccess,
} from '../../lib/core/table-access.ts';
import { cachePrefix, type EXPIRY_ATTRIBUTE, PARTITION_KEY } from '../../lib/core/table-layout.ts';
import { digestWith, operationOf, recordKey } from '../../lib/idempotency/key.ts';
import type { IdempotencyRecord } from '../../lib/idempotency/protocol.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { memoryStore } from '../../lib/store/memory.ts';

/** As IAM compares a key with a pattern. */
const covers = ({ keys = '*' }: TableAccess, key: string): boolean =>
  keys.endsWith('*') ? key.startsWith(keys.slice(0, -1)) : key === keys;

const actionsOn = (access: readonly TableAccess[], key: string) =>
  access.filter((one) => covers(one, key)).flatMap(({ actions }) => actions);

const COUNTS = countsKey('posts', 7, new OpeningRule({}));
const RECORD = recordKey('charge', digestWith(undefined)('k'));

describe('the layout of the table', () => {
  test('gives a breaker access to its own state and counts, and to nothing else', () => {
    const access = breakerAccess('posts');

    expect(actionsOn(access, stateKey('posts'))).toEqual(['GetItem', 'PutItem']);
    expect(actionsOn(access, COUNTS)).toEqual(['UpdateItem']);
    for (const other of [stateKey('posts2'), countsKey('posts2', 7, new OpeningRule({})), RECORD])
      expect(actionsOn(access, other)).toEqual([]);
  });

  test('gives an operation access to its own records, and to nothing else', () => {
    const access = operationAccess('charge');

    expect(actionsOn(access, RECORD)).toEqual(['GetItem', 'PutItem', 'DeleteItem']);
    for (const other of [recordKey('charge2', RECORD.slice(-43)), stateKey('charge'), COUNTS])
      expect(actionsOn(access, other)).toEqual([]);
  });

  test('gives a cache access to its own items, and to nothing else', () => {
    const key = `${cachePrefix('posts')}1#${RECORD.slice(-43)}`;

    expect(actionsOn(cacheAccess('posts'), key)).toEqual(['GetItem', 'PutItem']);
    for (const other of [cachePrefix('posts2'), RECORD, stateKey('posts'), COUNTS])
      expect(actionsOn(cacheAccess('posts'), other)).toEqual([]);
  });

  test('names the operation in the key of a record, and in no other key', () => {
    expect(operationOf(RECORD)).toBe('charge');
    for (const other of [COUNTS, stateKey('charge'), RECORD.slice(0, -1), `${RECORD}a`, 'idempotency##'])
      expect(operationOf(other)).toBeUndefined();
  });

  test('names the attribute in which all that expires keeps when', async () => {
    expectTypeOf<IdempotencyRecord>().toHaveProperty<typeof EXPIRY_ATTRIBUTE>('expiresAt').toBeNumber();
    expectTypeOf<AddOptions>().toHaveProperty<typeof EXPIRY_ATTRIBUTE>('expiresAt').toBeNumber();
    expect(await memoryStore().add(COUNTS, { n: 1 }, { expiresAt: 100 })).toEqual({ n: 1, expiresAt: 100 });
  });

  test('names the key under which a store keeps an item', () => {
    const put = dynamoStore({ table: 't' }).writeOf('k', {}).Put;
    expect(put).toMatchObject({ Item: { [PARTITION_KEY]: { S: 'k' } } });
    expect(PARTITION_KEY).toBe('pk');
  });
});
