import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { installExample, packedPackage } from '../support/packed-example.ts';
import { type CdkOptions, deploy, destroy, runCdk } from './cdk.ts';
import { callApi, type DeployedApp, expectThat, tableOf } from './deployed.ts';
import { dynamoDb, resourcesOf } from './stacks.ts';
import { type Steps, until } from './steps.ts';

const STACK = 'Orders';
const PRELOAD = 'test/deploy/emulator-app.ts';

/** A payment service that knows idempotency keys: a key gets one receipt, however often it is charged. */
async function startPayments() {
  const receipts = new Map<string, string>();
  const server = createServer((request, answer) => {
    const key = String(request.headers['idempotency-key']);
    receipts.set(key, receipts.get(key) ?? `receipt ${receipts.size + 1}`);
    request.resume();
    request.once('end', () => answer.end(receipts.get(key)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    charged: () => receipts.size,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Places an order, sends the request again, and another with its key, and waits for the one shipment. */
async function orderOnce(app: DeployedApp, charged: () => number): Promise<void> {
  const put = (item: string, idempotencyKey: string, credentials?: null) =>
    callApi(app, {
      ...{ method: 'PUT', path: '/orders/7', body: JSON.stringify({ item, cents: 300 }) },
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      ...(credentials === null && { credentials }),
    });
  const unsigned = await put('tea', randomUUID(), null);
  expectThat(unsigned.status === 403, '403 without a signature', unsigned);
  const key = randomUUID();
  const first = await put('tea', key);
  expectThat(first.status === 201 && first.text.includes('receipt 1'), '201 with a receipt', first);
  const again = await put('tea', key);
  const isReplay = again.headers['idempotent-replayed'] === 'true' && again.text === first.text;
  expectThat(again.status === 201 && isReplay, 'the first answer again', again);
  const other = await put('coffee', key);
  expectThat(other.status === 422, '422 for another order with the same key', other);
  const second = await put('tea', randomUUID());
  expectThat(second.status === 409, '409 for an order that is there', second);
  expectThat(charged() === 1, 'one charge', charged());
  const shipments = async () => {
    const answer = await dynamoDb(app.endpoint, 'Scan', { TableName: tableOf(app, 'Shipments') });
    return (answer as { readonly Items: readonly unknown[] }).Items.length;
  };
  await until('the shipment', 20_000, shipments, (count) => count === 1);
}

/** Deploys `examples/own-app` as its README says, with this repository's package in place of the published one, and uses it. */
export async function deployOwnApp(shared: CdkOptions, { step }: Steps, signal: AbortSignal): Promise<void> {
  const { folder, endpoint, processes } = shared;
  const project = await step('examples/own-app, with the packed package', async () => {
    const tarball = await packedPackage(folder, signal);
    return installExample('own-app', folder, {
      ...{ tarball, signal },
      testFiles: [PRELOAD, 'cdk/stacks/emulator.ts'],
    });
  });
  const options = { ...shared, project };
  const payments = await startPayments();
  try {
    const assembly = join(folder, 'own-assembly');
    const command = `"${process.execPath}" --import ./${PRELOAD} app.ts`;
    const context = ['-c', `paymentsUrl=${payments.url}`];
    await step('cdk synth of own-app', () =>
      runCdk(['synth', '--quiet', '--app', command, '--output', assembly, ...context], options),
    );
    const outputs = await step('cdk deploy of own-app', () => deploy(assembly, options));
    const apiUrl = outputs[STACK]?.['ApiUrl'] ?? '';
    const resources = await resourcesOf(endpoint, STACK);
    await step('PUT of an order, replay, 422, one charge, one shipment', () =>
      orderOnce({ endpoint, apiUrl, processes, folder, resources }, payments.charged),
    );
    await step(
      'cdk destroy of own-app',
      async () => {
        const kept = await destroy(assembly, STACK, options);
        const named = ['Orders', 'Resilience'].filter((table) =>
          kept.some((name) => name.startsWith(`${STACK}-${table}`)),
        );
        expectThat(kept.length === 2 && named.length === 2, 'the orders and the resilience table', kept);
        return kept;
      },
      (kept) => `kept: ${kept.join(', ')}`,
    );
  } finally {
    await payments.stop();
  }
}
