import { type CdkOptions, deploy, destroy } from './cdk.ts';
import { expectThat } from './deployed.ts';
import { dynamoDb, eventsOf, tablesOf } from './stacks.ts';
import type { Steps } from './steps.ts';

const STACK = 'Failing';

/**
 * Breaks off the first deployment of a stack when its tables are there. What CloudFormation deletes then, and what it leaves, follows
 * from the template. That the protection stands against the deletion is not seen here: the emulator's CloudFormation deletes tables
 * past its own DynamoDB, whose refusal was seen before.
 */
export async function provesFailure(assembly: string, options: CdkOptions, { step }: Steps): Promise<void> {
  const { endpoint } = options;
  await step(
    'a first deployment that fails',
    async () => {
      const error = await deploy(assembly, options, 'Failing').then(() => undefined, String);
      expectThat(error?.includes('layer:missing:1 does not exist') === true, 'a refused layer', error);
      const events = await eventsOf(endpoint, STACK);
      const ended = (logicalId: string) =>
        events.find(({ logicalId: id }) => id.startsWith(logicalId))?.status ?? 'nothing';
      const fates = `stack ${ended(STACK)}, resilience table ${ended('ResilienceTable')}, own table ${ended('Own')}`;
      expectThat(
        fates === 'stack ROLLBACK_COMPLETE, resilience table DELETE_COMPLETE, own table DELETE_SKIPPED',
        'the resilience table deleted and the own one left',
        fates,
      );
      const left = await tablesOf(endpoint, STACK);
      expectThat(
        left.length === 1 && left[0]?.startsWith(`${STACK}-Own`) === true,
        'the own table alone',
        left,
      );
      return fates;
    },
    (fates) => fates,
  );
  await step('cdk deploy when the cause is mended', () => deploy(assembly, options, 'Mended'));
  await step('what is left, deleted as the guide says', async () => {
    const left = await destroy(assembly, STACK, options, 'Mended');
    const table = left.find((name) => name.includes('Resilience')) ?? '';
    await dynamoDb(endpoint, 'UpdateTable', { TableName: table, DeletionProtectionEnabled: false });
    await dynamoDb(endpoint, 'DeleteTable', { TableName: table });
    expectThat(!(await tablesOf(endpoint, STACK)).includes(table), `no ${table}`, left);
  });
}
