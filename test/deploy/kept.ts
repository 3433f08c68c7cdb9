import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CdkOptions, deploy, destroy, runCdk } from './cdk.ts';
import { expectThat } from './deployed.ts';
import { provesFailure } from './kept-failure.ts';
import { provesImport } from './kept-import.ts';
import { expectCharge, expectKept, functionOf } from './kept-table.ts';
import { configurationOf, tablesOf } from './stacks.ts';
import type { Steps } from './steps.ts';

const STACK = 'Kept';
const APP = `"${process.execPath}" --conditions=fibrin-source --import ./test/deploy/emulator-app.ts test/cdk/kept-app/app.ts`;

/** A payment service that gives a receipt for every request: what takes effect twice shows. */
async function startPayments() {
  let receipts = 0;
  const server = createServer((request, answer) => {
    request.resume();
    request.once('end', () => answer.end(`receipt ${++receipts}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the function has by default. */
async function defaultsOf(endpoint: URL): Promise<string> {
  const { Timeout, MemorySize, TracingConfig, LoggingConfig, Role } = await configurationOf(
    endpoint,
    await functionOf(endpoint, STACK),
  );
  return JSON.stringify({ Timeout, MemorySize, TracingConfig, LoggingConfig, Role });
}

/** An update changes the function. What is given as `undefined` changes nothing, and the table is the same. */
async function update(assembly: string, table: string, options: CdkOptions): Promise<string> {
  const { endpoint } = options;
  const before = await defaultsOf(endpoint);
  await deploy(assembly, options, 'Second');
  await expectCharge(endpoint, STACK, 'tea', { receipt: 'receipt 1', release: '1' });
  await expectCharge(endpoint, STACK, 'coffee', { receipt: 'receipt 2', release: '2' });
  const after = await defaultsOf(endpoint);
  expectThat(after === before, before, after);
  const tables = await tablesOf(endpoint, STACK);
  expectThat(tables.join() === table, `${table} alone`, tables);
  await expectKept(endpoint, table, 2);
  return after;
}

/** Deploys, updates, destroys, hands over and imports a resilience table, and breaks off a first deployment. */
export async function proveKept(options: CdkOptions, steps: Steps): Promise<void> {
  const { step } = steps;
  const { endpoint, folder } = options;
  const payments = await startPayments();
  const synth = async (name: string, context: readonly string[]): Promise<string> => {
    const assembly = join(folder, name);
    const given = ['-c', `paymentsUrl=${payments.url}`, ...context];
    await runCdk(['synth', '--quiet', '--app', APP, '--output', assembly, ...given], options);
    return assembly;
  };
  try {
    const assembly = await step('cdk synth of a stack that is kept', () => synth('kept', []));
    const table = await step('cdk deploy, a charge and its replay', async () => {
      await deploy(assembly, options, 'First');
      for (const key of ['tea', 'tea'])
        await expectCharge(endpoint, STACK, key, { receipt: 'receipt 1', release: '1' });
      const [name = ''] = await tablesOf(endpoint, STACK);
      return name;
    });
    await step(
      'an update of the function, with props that are undefined',
      () => update(assembly, table, options),
      (defaults) => `the same table, and ${defaults}`,
    );
    await step(
      'cdk destroy: the table stays with its records, protected',
      async () => {
        const kept = await destroy(assembly, STACK, options, 'Second');
        expectThat(kept.join() === table, `${table} alone`, kept);
        await expectKept(endpoint, table, 2);
        return table;
      },
      (name) => name,
    );
    await step('without it, a new deployment charges again', async () => {
      await deploy(assembly, options, 'Anew');
      await expectCharge(endpoint, 'Anew', 'tea', { receipt: 'receipt 3', release: '1' });
      await destroy(assembly, 'Anew', options, 'Anew');
    });
    const later = await step('cdk synth with the name of the kept table', () =>
      synth('kept-later', ['-c', `keptTable=${table}`]),
    );
    await step('with it as existingTable, the replay charges nothing', async () => {
      await deploy(later, options, 'Existing');
      await expectCharge(endpoint, STACK, 'tea', { receipt: 'receipt 1', release: '1' });
      await expectCharge(endpoint, STACK, 'cocoa', { receipt: 'receipt 4', release: '3' });
    });
    await provesImport(later, table, options, steps);
    await provesFailure(later, options, steps);
  } finally {
    await payments.stop();
  }
}
