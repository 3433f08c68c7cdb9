import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { INITIAL, stateKey, writeState } from '../../lib/breaker/state.ts';
import { breakerWatch } from '../../lib/local/breaker-watch.ts';
import { startDynamoDbProxy } from '../../lib/local/dynamodb/proxy.ts';
import { emulateTransactions } from '../../lib/local/dynamodb/transactions.ts';
import { faultSwitches } from '../../lib/local/faults.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { apiOf } from '../support/api.ts';
import { atEndOfTest } from '../support/ends.ts';
import { startTestEngine } from '../support/engines.ts';
import { eventually } from '../support/eventually.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';

const EVENTS_APP = fileURLToPath(new URL('../cdk/events-app', import.meta.url));

describe('the terminal of a local run', () => {
  let run: StartedRun;
  beforeAll(async () => {
    // Where several invocations share a sandbox, those that find no room are throttled.
    run = await startRun(['--dynamodb', 'dynalite', '--concurrency-per-sandbox', '2'], {}, EVENTS_APP);
  });

  it('shows cold starts, kills and throttles as they come', async () => {
    await fetch(`${run.url}/_fibrin/sandboxes`, { method: 'DELETE' });
    await eventually(run.output).toMatch(/^last second: (.*; )?\d kills \(/m);
    const { get } = apiOf(run.url);
    await Promise.all(Array.from({ length: 30 }, () => get('/who?ms=1000')));
    await eventually(run.output).toMatch(/^last second: (.*; )?\d+ cold starts? \(Who\)/m);
    expect(run.output()).toMatch(/^last second: (.*; )?\d+ throttles? \(Who\)/m);
    await run.stop();
  });
});

describe('changes of a shared breaker', () => {
  it.each(['auto', 'dynalite'] as const)('are seen by the writes of its functions to %s', async (choice) => {
    const engine = await startTestEngine(choice);
    atEndOfTest(() => engine.stop());
    const { name: table } = await engine.store();
    const { endpoint, transactions } = engine.engine;
    const watch = breakerWatch(Promise.resolve(endpoint), () => 1_000_000);
    const proxy = await startDynamoDbProxy({
      behind: Promise.resolve({
        endpoint,
        transactions: transactions ? undefined : emulateTransactions(endpoint),
      }),
      faults: faultSwitches({}, seededRandom(1)),
      targetOf: () => undefined,
      onWrite: watch.wrote,
    });
    atEndOfTest(() => proxy.close());
    const client = new DynamoDBClient({
      ...{ endpoint: `http://127.0.0.1:${proxy.port}`, region: 'us-east-1' },
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    atEndOfTest(() => client.destroy());
    const store = dynamoStore({ table, transport: sdkTransport(client) });
    const posts = stateKey('posts "of\\ all"');

    await store.put('user#1', { note: stateKey('never') });
    expect(await watch.changes()).toEqual([]);
    const open = { ...INITIAL, version: 1, state: 'open', until: 1_060_000, since: 999_000 } as const;
    await store.put(posts, writeState(open));
    expect(await watch.changes()).toEqual([
      'breaker posts "of\\ all": closed → open (too many calls failed)',
    ]);
    await store.put(posts, writeState({ ...open, version: 2 }));
    expect(await watch.changes()).toEqual([]);
    await store.put(posts, writeState({ ...INITIAL, version: 3, since: 1_000_000 }));
    expect((await watch.changes()).join()).toMatch(/^breaker posts "of\\ all": open → closed/);
    await store.get(posts);
    expect(await watch.changes()).toEqual([]);
  });
});
