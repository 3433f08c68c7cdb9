import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INITIAL, stateKey, writeState } from '../../lib/breaker/state.ts';
import { bootstrapFile } from '../../lib/local/bootstrap-file.ts';
import { streamLog } from '../../lib/local/log.ts';
import type { DynamoStore } from '../../lib/store/dynamodb.ts';
import { commandEnv, startTestEngine, type TestEngine } from '../support/engines.ts';
import { temporaryFolder } from '../support/folders.ts';
import { expectOnlyShown, HOSTILE, SHOWN } from '../support/hostile-text.ts';
import { functionOfTest } from '../support/local-function.ts';
import { runCommand } from '../support/local-run.ts';

let engine: TestEngine;
let store: DynamoStore;
beforeAll(async () => {
  engine = await startTestEngine('auto');
  store = await engine.store();
});
afterAll(() => engine.stop());

/** What a command prints, which a terminal only shows. */
async function outputOf(code: number, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string) {
  const ended = await runCommand(args, { ...commandEnv(engine, store.name), ...env }, cwd);
  expect(ended.output).not.toBe('');
  expectOnlyShown(ended.output);
  expect(ended.code).toBe(code);
  return ended.output;
}

describe('fibrin breakers shows what could control a terminal', () => {
  const until = Date.now() + 3_600_000;
  beforeAll(async () => {
    const forced = writeState({ ...INITIAL, version: 1, state: 'forced-open', by: HOSTILE, until });
    await store.put(stateKey('posts'), forced);
    await store.put(stateKey(HOSTILE), forced);
    await store.put(stateKey(`${HOSTILE}-broken`), { state: HOSTILE });
  });

  it('in who forces a breaker', async () => {
    expect(await outputOf(0, ['breakers', 'show', 'posts'])).toContain(`\nby      ${SHOWN}\n`);
    const json = await outputOf(0, ['breakers', 'show', 'posts', '--json']);
    expect(JSON.parse(json)).toMatchObject({ by: HOSTILE });
  });

  it('in the names of all breakers, also of those that cannot be read', async () => {
    const list = await outputOf(0, ['breakers', 'list']);
    expect(list).toMatch(/^breaker .*\n(.*\n)*a\\u001b\[31m\\u0007.* {2}forced-open {2}/);
    expect(list).toContain(
      `\n${SHOWN}-broken: the item "breaker#${SHOWN}-broken" has an implausible "v"; delete it`,
    );
    const json = await outputOf(0, ['breakers', 'list', '--json']);
    expect(JSON.parse(json).breakers[0]).toMatchObject({ name: HOSTILE, by: HOSTILE });
  });

  it('in the name of a table, and in what DynamoDB says of it', async () => {
    // A line feed in a message is a space.
    expect(await outputOf(1, ['breakers', 'show', 'posts', '--table', HOSTILE])).toMatch(
      /^fibrin: table "a\\u001b\[31m.*b forged: c": .*\n$/,
    );
  });

  it.each<[string, readonly string[]]>([
    ['an action', [HOSTILE]],
    ['a name', ['show', HOSTILE]],
    ['an operator', ['open', 'posts', '--by', HOSTILE]],
    ['a duration', ['open', 'posts', '--for', HOSTILE]],
    ['an option', ['list', `--${HOSTILE}`]],
    ['a value that looks like an option', ['open', 'posts', '--for', `-${HOSTILE}`]],
  ])('in %s that is refused', async (_what, args) => {
    expect(await outputOf(2, ['breakers', ...args])).toMatch(/^fibrin: .*\n$/);
  });
});

describe('fibrin idempotency shows what could control a terminal', () => {
  const key = `idempotency#charge#${'A'.repeat(43)}`;
  const record = (result: string) => ({
    ...{
      v: 1,
      state: 'completed',
      owner: HOSTILE,
      fence: 1,
      leaseUntil: 0,
      payload: '',
      form: 'json',
      result,
    },
    expiresAt: Math.floor(Date.now() / 1_000) + 3_600,
  });

  it('in the owner of a record, and in its result', async () => {
    await store.put(key, record(JSON.stringify({ note: HOSTILE })));
    const output = await outputOf(0, ['idempotency', 'show', key, '--result']);
    expect(output).toContain(`\nowner   ${SHOWN}\n`);
    expect(output).toContain('\n{"note":"a\\u001b[31m\\u0007\\u009b2J');
    const json = await outputOf(0, ['idempotency', 'show', key, '--result', '--json']);
    expect(JSON.parse(json)).toMatchObject({ owner: HOSTILE, result: { value: { note: HOSTILE } } });
  });

  it('in a result that is no JSON', async () => {
    await store.put(key, record(HOSTILE));
    expect(await outputOf(0, ['idempotency', 'show', key, '--result'])).toContain(`\n${SHOWN}\n`);
  });

  it('in a record that is released', async () => {
    await store.put(key, record('1'));
    expect(await outputOf(1, ['idempotency', 'release', key])).toMatch(/^fibrin: .* is not released: .*\n$/);
    expect(await outputOf(0, ['idempotency', 'release', key, '--force'])).toContain(
      `; owner ${SHOWN}, fence 1`,
    );
  });

  it.each<[string, readonly string[]]>([
    ['an action', [HOSTILE]],
    ['an operation', ['show', 'key', '--operation', HOSTILE]],
    ['a key that is no JSON', ['show', HOSTILE, '--operation', 'charge', '--json-key']],
    ['the name of a secret', ['show', 'key', '--operation', 'charge', '--hmac-secret-env', HOSTILE]],
  ])('in %s that is refused', async (_what, args) => {
    expect(await outputOf(2, ['idempotency', ...args])).toMatch(/^fibrin: .*\n$/);
  });

  it('in the name of a table', async () => {
    const args = ['idempotency', 'show', 'key', '--operation', 'charge', '--table', HOSTILE];
    expect(await outputOf(1, args)).toMatch(/^fibrin: table "a\\u001b\[31m.*\n$/);
  });
});

describe('fibrin simulate and fibrin itself show what could control a terminal', () => {
  it.each<[string, readonly string[]]>([
    ['a scenario', ['simulate', '--scenario', HOSTILE]],
    ['a number', ['simulate', '--rate', HOSTILE]],
    ['a duration', ['simulate', '--outage', `1s..${HOSTILE}`]],
    ['an argument', ['simulate', HOSTILE]],
    ['a command', [HOSTILE]],
  ])('in %s that is refused', async (_what, args) => {
    expect(await outputOf(2, args)).toMatch(/^fibrin: .*\n$/);
  });

  it('in the name of a chart that cannot be written', async () => {
    const svg = join(temporaryFolder(), 'missing', HOSTILE);
    const small = ['--sandboxes', '20', '--rate', '5', '--seed', '4'];
    const output = await outputOf(2, ['simulate', ...small, '--svg', svg]);
    expect(output).toMatch(/^fibrin: --svg: expected a file that can be written, got .*\n$/m);
  });

  it('in an error that nothing has caught', async () => {
    const text = JSON.stringify(`${HOSTILE} uncaught`);
    const code = `setInterval(() => { if (process.listenerCount('uncaughtException') > 0) throw new Error(${text}); }, 1).unref();`;
    const output = await outputOf(1, ['simulate', '--sandboxes', '20', '--rate', '5'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
    });
    expect(output).toContain(`fibrin: unexpected Error: ${SHOWN} uncaught\n`);
  });
});

describe('the local run shows what could control a terminal', () => {
  const dynalite = ['local', '--port', '0', '--dynamodb', 'dynalite'];
  /** A project whose app writes an assembly with a hostile name for a stack and for the type of its resource. */
  function project(app: string): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'cdk.json'), '{"app":"node app.mjs"}');
    writeFileSync(join(folder, 'app.mjs'), app);
    return folder;
  }

  it('in the names of a template', async () => {
    const stack = { type: 'aws:cloudformation:stack', properties: { templateFile: 't.json' } };
    const assembly = {
      'manifest.json': JSON.stringify({ artifacts: { [HOSTILE]: stack } }),
      't.json': JSON.stringify({ Resources: { [HOSTILE]: { Type: `AWS::${HOSTILE}` } } }),
    };
    const app = `import { mkdirSync, writeFileSync } from 'node:fs';
      mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
      for (const [name, text] of Object.entries(${JSON.stringify(assembly)})) writeFileSync(process.env.CDK_OUTDIR + '/' + name, text);`;
    const output = await outputOf(1, dynalite, {}, project(app));
    expect(output).toContain(`stack ${SHOWN}: account 000000000000`);
    expect(output).toContain(` × AWS::${SHOWN} — `);
    expect(output).toMatch(/^fibrin: the template holds AWS::a\\u001b\[31m.*$/m);
  });

  it('in what an app prints that fails', async () => {
    const app = `process.stderr.write(${JSON.stringify(`error: ${HOSTILE}`)}); process.exit(1);`;
    expect(await outputOf(1, dynalite, {}, project(app))).toMatch(
      /^fibrin: synthesis failed: error: a\\u001b\[31m\\u0007/m,
    );
  });

  it.each(['port', 'dynamodb', 'time-scale', 'concurrency-per-sandbox'])(
    'in a wrong --%s',
    async (option) => {
      expect(await outputOf(1, ['local', `--${option}`, HOSTILE])).toMatch(/^fibrin: .*\n$/);
    },
  );

  it('in what a function prints on either of its streams', async () => {
    const stream = new PassThrough();
    const log = streamLog(stream);
    const fn = functionOfTest({
      model: { handler: 'index.prints' },
      processes: engine.processes,
      bootstrap: await bootstrapFile(temporaryFolder()),
      settings: { freeze: false },
      onOutput: (line) => log.output('Fn', line),
    });
    let output = '';
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });

    await fn.invoke(JSON.stringify({ text: `\u001b]0;title\u0007\u009b2J\u202e${'\u001b[32mgreen'}` }));

    const shown = 'Fn | \\u001b]0;title\\u0007\\u009b2J\\u202e\\u001b[32mgreen\n';
    await expect.poll(() => output).toBe(shown.repeat(2));
  });
});
