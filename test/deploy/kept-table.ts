import { expectThat } from './deployed.ts';
import { dynamoDb, invoke, resourcesOf } from './stacks.ts';

export const functionOf = async (endpoint: URL, stack: string): Promise<string> =>
  (await resourcesOf(endpoint, stack)).find(({ type }) => type === 'AWS::Lambda::Function')?.physicalId ?? '';

/** Sends a charge to a stack, and expects the answer that was given for its key, or a new one. */
export async function expectCharge(
  endpoint: URL,
  stack: string,
  key: string,
  expected: { readonly receipt: string; readonly release: string },
): Promise<void> {
  const got = await invoke(endpoint, await functionOf(endpoint, stack), { key });
  expectThat(JSON.stringify(got) === JSON.stringify(expected), `${JSON.stringify(expected)} for ${key}`, got);
}

/** Sees the table as DynamoDB has it, and that nobody can delete it as it is. */
export async function expectKept(endpoint: URL, name: string, items: number): Promise<void> {
  const { Table } = (await dynamoDb(endpoint, 'DescribeTable', { TableName: name })) as {
    readonly Table: { readonly DeletionProtectionEnabled?: boolean };
  };
  expectThat(Table.DeletionProtectionEnabled === true, 'a table that is protected', Table);
  const { Items } = (await dynamoDb(endpoint, 'Scan', { TableName: name })) as { readonly Items: unknown[] };
  expectThat(Items.length === items, `${items} records`, Items);
  const refused = await dynamoDb(endpoint, 'DeleteTable', { TableName: name }).catch(String);
  expectThat(String(refused).includes('protected against deletion'), 'a deletion that is refused', refused);
}
