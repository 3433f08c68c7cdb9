import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import { StoreError } from '../../lib/core/errors.ts';
import type { Store } from '../../lib/core/store.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { commandEnv, startTestEngine, type TestEngine, tableName } from '../support/engines.ts';
import { type Ended, runCommand } from '../support/local-run.ts';
import { meddleBefore } from '../support/meddler.ts';
import { gate } from '../support/queues.ts';

const HOUR_MS = 3_600_000;
const SECRET = 'a secret of the function';

let engine: TestEngine;
let store: Store;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  engine = await startTestEngine('auto');
  store = await engine.store();
  env = { ...commandEnv(engine, store.name), HMAC_SECRET: SECRET };
});
afterAll(() => engine.stop());

const fibrin = (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> =>
  runCommand(['idempotency', ...args], { ...env, ...more });
const show = (key: string, ...args: readonly string[]) =>
  fibrin(['show', key, '--operation', 'charge', ...args]);
const release = (key: string, ...args: readonly string[]) =>
  fibrin(['release', key, '--operation', 'charge', ...args]);

type Options = Partial<IdempotencyOptions<unknown>>;
const context = { getRemainingTimeInMillis: () => 60_000 };

/** Runs once with a key, as a function does, and gives the record's key. */
async function run(key: unknown, fn: () => Promise<unknown>, more: Options = {}): Promise<string> {
  let recordKey = '';
  const onEvent = (event: { readonly key: string }) => {
    recordKey = event.key;
  };
  const options = { store, operation: 'charge', key: () => key, onEvent, ...more };
  await idempotent(options, fn)(undefined, context).catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
  });
  return recordKey;
}

const ago = (ms: number): Options => ({ clock: { ...systemClock, now: () => systemClock.now() - ms } });
const complete = (key: unknown, result: unknown, more?: Options) => run(key, async () => result, more);
/** A run of an hour ago that ended without an outcome. */
const lose = (key: unknown, more: Options = {}) =>
  run(key, () => Promise.reject(new StoreError('no answer')), { ...ago(HOUR_MS), ...more });

/** One line that says why, and no stack. */
function whyOf({ code, output }: Ended, expectedCode = 1): string {
  expect(output).not.toMatch(/\n\s+at /);
  const lines = output.split('\n').filter((line) => line.startsWith('fibrin: '));
  expect(lines).toHaveLength(1);
  expect(code).toBe(expectedCode);
  return String(lines[0]);
}

describe('fibrin idempotency show', () => {
  it('says that there is nothing, and where else to look', async () => {
    const { code, output } = await show('never');
    expect(code).toBe(0);
    expect(output).toMatch(/^state {3}absent: /m);
    expect(output).toMatch(/--principal, --tenant, --hmac-secret-env, --json-key/);
  });

  it('says how long the lease of a run in progress still lasts', async () => {
    const { passed, open } = gate();
    const claimed = gate();
    const running = run('running', async () => {
      claimed.open();
      await passed;
    });
    await claimed.passed;
    const { code, output } = await show('running');
    open();
    await running;
    expect(code).toBe(0);
    expect(output).toMatch(/^state {3}in progress: its lease lasts another \d+ (s|min)/m);
    expect(output).toMatch(
      /^owner {3}[\w-]{36}\nfence {3}\d+\nlease {3}ends 20\S+Z, in .+\nexpires 20\S+Z, in /m,
    );
    expect(output).not.toMatch(/^result/m);
  });

  it('calls a run in progress unknown once its lease has ended', async () => {
    await lose('lost');
    const { output } = await show('lost');
    expect(output).toMatch(
      /^state {3}unknown: its lease ended 5\d min( \d+ s)? ago without an outcome; the effect may have happened$/m,
    );
    expect(output).toMatch(/^lease {3}ended .* ago$/m);
  });

  it('tells the result of a completed run only when it is asked for', async () => {
    await complete('done', { email: 'ada@example.com' });
    const [plain, whole] = await Promise.all([show('done'), show('done', '--result')]);
    expect(plain.output).toMatch(/^state {3}completed: .*\n(.*\n)+result {2}27 bytes of JSON \(--result/m);
    expect(plain.output).not.toContain('ada@example.com');
    expect(whole.output).toMatch(/^result {2}27 bytes of JSON\n\{"email":"ada@example.com"\}$/m);
  });

  it('says that a record past its retention counts as none', async () => {
    await complete('old', 1, { ...ago(HOUR_MS), retentionSeconds: 60 });
    const { output } = await show('old');
    expect(output).toMatch(/^state {3}past its retention: it was completed; /m);
    expect(output).toMatch(/^expires 20\S+Z, 5\d min( \d+ s)? ago$/m);
  });

  it('finds a record by the key that hooks and logs show', async () => {
    const recordKey = await complete('by-record', 1);
    const { output } = await fibrin(['show', recordKey]);
    expect(output).toContain(`${recordKey} in ${store.name}\nstate   completed`);
  });

  it('computes the key as the function does, from JSON, scopes and a secret', async () => {
    const recordKey = await complete(['a', { b: 1 }], 1, {
      principal: () => 'ada',
      tenant: () => 'acme',
      hmacSecret: SECRET,
    });
    const all = ['--json-key', '--tenant', 'acme', '--principal', 'ada', '--hmac-secret-env', 'HMAC_SECRET'];
    const [same, otherTenant] = await Promise.all([
      show('["a", {"b": 1}]', ...all),
      show('["a", {"b": 1}]', ...all, '--tenant', 'other'),
    ]);
    expect(same.output).toMatch(new RegExp(`^${recordKey} in .*\nstate {3}completed`));
    expect(otherTenant.output).toMatch(/^state {3}absent/m);
    expect(same.output).not.toContain(SECRET);
  });

  it('tells programs the same as JSON', async () => {
    const recordKey = await complete('for-programs', { id: 7 });
    const [plain, whole] = await Promise.all([
      show('for-programs', '--json'),
      show('for-programs', '--json', '--result'),
    ]);
    expect(JSON.parse(plain.output)).toEqual({
      ...{ table: store.name, key: recordKey, operation: 'charge', state: 'completed' },
      ...{ owner: expect.any(String), fence: expect.any(Number), leaseUntil: expect.any(String) },
      ...{ leaseLeftMs: expect.any(Number), expiresAt: expect.any(String) },
      result: { form: 'json', bytes: 8 },
    });
    expect(JSON.parse(whole.output)).toMatchObject({ result: { value: { id: 7 } } });
  });

  it('does not guess at a record of a newer version, and leaves it where it is', async () => {
    const recordKey = await complete('newer', 1);
    await store.put(recordKey, { v: 99 });
    const { output } = await show('newer');
    expect(output).toMatch(/^state {3}unreadable: .*use the version that the functions have$/m);
    expect(whyOf(await release('newer', '--force'))).toMatch(
      /not released: this version of fibrin cannot read/,
    );
    expect(await store.get(recordKey)).toEqual({ v: 99 });
  });
});

describe('fibrin idempotency release', () => {
  it('frees a key whose run ended without an outcome: the next request runs', async () => {
    const recordKey = await lose('held', { onUnknownOutcome: 'hold' });
    const { code, output } = await release('held');
    expect(code).toBe(0);
    expect(output).toMatch(new RegExp(`^released ${recordKey} in ${store.name}: the next request`));
    expect(output).toMatch(/^it was unknown: its lease ended .* ago .*; owner [\w-]{36}, fence \d+$/m);
    const ran = gate();
    await run('held', async () => ran.open(), { onUnknownOutcome: 'hold' });
    await ran.passed;
  });

  it('leaves a run that may still be at work, unless it is forced; then that run cannot record its result', async () => {
    const { passed, open } = gate();
    const claimed = gate();
    const running = run('at-work', async () => {
      claimed.open();
      await passed;
    });
    await claimed.passed;
    expect(whyOf(await release('at-work'))).toMatch(
      /not released: its run may still be at work; wait until .*--force: .*the effect may happen twice/,
    );
    const forced = await release('at-work', '--force');
    expect(forced.code).toBe(0);
    expect(forced.output).toMatch(/^it was in progress: /m);
    open();
    await expect(running).rejects.toMatchObject({ code: 'IDEMPOTENCY_LOST' });
  });

  it('leaves a completed record, unless it is forced', async () => {
    const recordKey = await complete('settled', 1);
    const refused = await release('settled', '--json');
    expect(whyOf(refused)).toMatch(/not released: it is completed, .*--force to forget it: .*happens again/);
    expect(JSON.parse(refused.output.slice(0, refused.output.indexOf('fibrin: ')))).toMatchObject({
      ...{ key: recordKey, state: 'completed', released: false, refused: expect.stringMatching(/--force/) },
    });
    expect(await store.get(recordKey)).toBeDefined();
    const { code, output } = await release('settled', '--force', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ key: recordKey, state: 'completed', released: true });
    expect(await store.get(recordKey)).toBeUndefined();
  });

  it('frees what is past its retention without more ado', async () => {
    const recordKey = await complete('outlived', 1, { ...ago(HOUR_MS), retentionSeconds: 60 });
    expect((await release('outlived')).code).toBe(0);
    expect(await store.get(recordKey)).toBeUndefined();
  });

  it('says that there was nothing to release: the key may be a wrong one', async () => {
    expect(whyOf(await release('typo'))).toMatch(/not released: there is no record\. .*--operation/);
  });

  it('leaves the record of another run that has taken over in between', async () => {
    const recordKey = await lose('overtaken');
    const interceptor = await meddleBefore('DeleteItem', engine.engine.endpoint, () =>
      complete('overtaken', 2),
    );
    const ended = await fibrin(['release', recordKey, '--force'], {
      AWS_ENDPOINT_URL_DYNAMODB: interceptor.endpoint,
    });
    interceptor.stop();
    expect(whyOf(ended)).toMatch(/not released: the record has changed since it was read; read it again/);
    expect(await store.get(recordKey)).toMatchObject({ state: 'completed', result: '2' });
  });

  it('does not claim to have released what another operator has', async () => {
    const recordKey = await lose('gone');
    const interceptor = await meddleBefore('DeleteItem', engine.engine.endpoint, () =>
      store.delete(recordKey),
    );
    const ended = await fibrin(['release', recordKey], { AWS_ENDPOINT_URL_DYNAMODB: interceptor.endpoint });
    interceptor.stop();
    expect(whyOf(ended)).toMatch(/not released: the record is gone by now/);
  });
});

describe('fibrin idempotency says in one line what is wrong, and what to do', () => {
  it.each<[string, readonly string[], NodeJS.ProcessEnv, RegExp]>([
    [
      'the table is missing',
      ['--table', 'none'],
      {},
      /table "none": there is no such table.*--table .*--region/,
    ],
    [
      'there are no credentials',
      [],
      {
        ...{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: '', HOME: '/nonexistent' },
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      /no AWS credentials; log in, or set AWS_PROFILE/,
    ],
    ['the partition key has another name', ['--key-attribute', 'id'], {}, /name it with --key-attribute/],
    [
      'nothing listens',
      [],
      { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' },
      /nothing listens there; look at AWS_ENDPOINT_URL_DYNAMODB/,
    ],
  ])('when %s', async (_what, args, more, why) => {
    expect(whyOf(await fibrin(['show', 'key', '--operation', 'charge', ...args], more))).toMatch(why);
  });

  it('when it is called wrongly, with another exit code', async () => {
    expect(whyOf(await fibrin(['show', 'key']), 2)).toMatch(/name the operation with --operation/);
  });
});

it('works on the table, by the key attribute and in the region that are named', async () => {
  const { endpoint } = engine.engine;
  const TableName = tableName('named');
  await createTable(endpoint, {
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  await lose('k', {
    store: dynamoStore({ table: TableName, keyAttribute: 'id', transport: sdkTransport(engine.client) }),
  });
  const named = ['--table', TableName, '--key-attribute', 'id', '--region', 'us-east-1'];
  const { code, output } = await fibrin(['release', 'k', '--operation', 'charge', ...named], {
    AWS_REGION: '',
    FIBRIN_TABLE: '',
  });
  expect(output).toMatch(/^released .* in named-/);
  expect(code).toBe(0);
});

it('explains itself', async () => {
  const { code, output } = await runCommand(['idempotency', '--help']);
  expect(code).toBe(0);
  expect(output).toMatch(/^Usage: fibrin idempotency show KEY/m);
});
