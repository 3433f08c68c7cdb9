import { callDynamoDb } from '../../lib/local/dynamodb/client.ts';
import { fromWireItem } from '../../lib/store/marshal.ts';
import type { Api } from './api.ts';

/** The read model and the journal that the consumers of a running profile workload keep. */
export interface Views {
  /** The version that a profile has in the users' own table. */
  written(id: number): Promise<number>;
  /** The newest version of a profile that has reached the read model, or 0. */
  version(id: number): Promise<number>;
  /** The versions of all profiles that are in the journal, as `id#version`. */
  journal(): Promise<ReadonlySet<string>>;
}

export async function viewsOf(api: Api): Promise<Views> {
  const { endpoints, tables } = await api.state();
  const endpoint = endpoints['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
  const tableOf = (name: string) => ({
    TableName: tables.find(({ logicalId }) => logicalId.startsWith(name))?.name,
    ConsistentRead: true,
  });
  const get = async (table: string, pk: string) => {
    const answer = await callDynamoDb(endpoint, 'GetItem', { ...tableOf(table), Key: { pk: { S: pk } } });
    return answer['Item'] as Record<string, unknown> | undefined;
  };
  const versionIn = async (table: string, pk: string) =>
    Number(fromWireItem((await get(table, pk)) ?? {})['version'] ?? 0);
  return {
    written: (id) => versionIn('Users', `user#${id}`),
    version: (id) => versionIn('Views', `view#${id}`),
    async journal() {
      const versions = new Set<string>();
      let from: unknown;
      do {
        const page = await callDynamoDb(endpoint, 'Scan', {
          ...tableOf('Views'),
          ...(from !== undefined && { ExclusiveStartKey: from }),
        });
        for (const item of page['Items'] as Record<string, unknown>[]) {
          const key = String(fromWireItem(item)['pk']);
          if (key.startsWith('journal#')) versions.add(key.slice('journal#'.length));
        }
        from = page['LastEvaluatedKey'];
      } while (from !== undefined);
      return versions;
    },
  };
}
