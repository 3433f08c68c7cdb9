import { type CdkOptions, deploy, destroy, runCdk } from './cdk.ts';
import { expectThat } from './deployed.ts';
import { expectCharge, expectKept } from './kept-table.ts';
import { changeSetOf, resourcesOf } from './stacks.ts';
import type { Steps } from './steps.ts';

const STACK = 'Kept';
/** Of the table, in the stack. */
const LOGICAL_ID = 'ResilienceTableE083CD79';

/** Brings the kept table into the stack that uses it as an existing one, so that it is the stack's own again. */
export async function provesImport(
  assembly: string,
  table: string,
  options: CdkOptions,
  { step }: Steps,
): Promise<void> {
  const { endpoint } = options;
  const mapping = ['--resource-mapping-inline', JSON.stringify({ [LOGICAL_ID]: { TableName: table } })];
  const importInto = (stack: string, ...more: readonly string[]) =>
    runCdk(['import', stack, '--app', assembly, '--force', ...mapping, ...more], options);

  await step(
    'the change set of cdk import',
    async () => {
      await importInto('ImportedAsItIs', '--no-execute', '--change-set-name', 'as-it-is');
      const { changes, type, reason } = await changeSetOf(endpoint, STACK, 'as-it-is');
      const expected = `Import ${LOGICAL_ID} ${table}`;
      expectThat(type === 'IMPORT' && changes.join() === expected, `${expected} alone`, { type, changes });
      return reason;
    },
    (reason) => `takes the table in and changes nothing else. Its execution is skipped: "${reason}"`,
  );
  await step('cdk import of the same table as AWS::DynamoDB::Table, and cdk deploy', async () => {
    await importInto('Imported');
    await expectCharge(endpoint, STACK, 'tea', { receipt: 'receipt 1', release: '1' });
    await deploy(assembly, options, 'Imported');
    const own = (await resourcesOf(endpoint, STACK)).find(({ logicalId }) => logicalId === LOGICAL_ID);
    expectThat(own?.physicalId === table, `${table} in the stack`, own);
    await expectCharge(endpoint, STACK, 'tea', { receipt: 'receipt 1', release: '1' });
    await expectCharge(endpoint, STACK, 'milk', { receipt: 'receipt 5', release: '4' });
  });
  await step('an update takes it out again: it stays, and replays', async () => {
    await deploy(assembly, options, 'Existing');
    await expectCharge(endpoint, STACK, 'tea', { receipt: 'receipt 1', release: '1' });
    await destroy(assembly, STACK, options, 'Existing');
    await expectKept(endpoint, table, 4);
  });
  await step('cdk import into a stack that is not there yet, and cdk destroy: it stays', async () => {
    await importInto('Imported');
    const resources = await resourcesOf(endpoint, STACK);
    expectThat(resources.length === 1 && resources[0]?.physicalId === table, `${table} alone`, resources);
    await destroy(assembly, STACK, options, 'Imported');
    await expectKept(endpoint, table, 4);
  });
}
