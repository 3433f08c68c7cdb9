import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { local } from '../../lib/cli/local.ts';
import { synthesize } from '../../lib/local/synth.ts';
import { apiOf } from '../support/api.ts';
import { hasJava } from '../support/engines.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runCommand, type StartedRun, startRun } from '../support/local-run.ts';
import { aliveOf, childrenOf, hasProc, listeningAddresses } from '../support/processes.ts';

/** An app that starts fast: its functions need no bundling. */
const EVENTS_APP = fileURLToPath(new URL('../cdk/events-app', import.meta.url));

/** 127.0.0.1 as the kernel writes it, by itself and mapped into IPv6. */
const LOOPBACK = ['0100007F', '0000000000000000FFFF00000100007F'];

/** Temporary files, without Node's own cache, which is to stay. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name !== 'node-compile-cache');

describe('a local run', () => {
  it.each([
    ['SIGINT', 130, 'auto'],
    ['SIGTERM', 143, 'dynalite'],
    ['SIGHUP', 129, 'dynalite'],
  ] as const)('ends everything on %s, a request in flight too', async (signal, code, engine) => {
    const run = await startRun(['--dynamodb', engine], {}, EVENTS_APP);
    const started = childrenOf(run.child.pid);
    expect(started.length).toBeGreaterThanOrEqual(6);
    const inFlight = apiOf(run.url)
      .get('/who?ms=60000')
      .catch(() => 'cut off');
    expect(await run.stop(signal)).toBe(code);
    await inFlight;
    expect(aliveOf(started)).toEqual([]);
  });

  it('ends on a Ctrl-C that npx passes on once more, and leaves no files', async () => {
    const folder = temporaryFolder();
    const run = await startRun([], { TMPDIR: folder }, EVENTS_APP);
    expect(filesIn(folder)).not.toEqual([]);
    run.child.kill('SIGINT');
    expect(await run.stop()).toBe(130);
    expect(run.child.signalCode).toBeNull();
    expect(filesIn(folder)).toEqual([]);
  });

  it('runs on dynalite where there is no Java, and says what is weaker', async () => {
    const path = join(temporaryFolder(), 'bin');
    mkdirSync(path);
    symlinkSync(process.execPath, join(path, 'node'));
    symlinkSync('/bin/sh', join(path, 'sh'));
    const run = await startRun([], { PATH: path, JAVA_HOME: '' });
    const api = apiOf(run.url);
    const change = { name: 'Ada Byron', email: 'ada@example.com' };
    const responses = await Promise.all(Array.from({ length: 8 }, () => api.put(1, 'once', change)));
    const replay = await api.put(1, 'once', change);
    const { user } = await api.profile(1);
    await run.stop();
    expect(run.output()).toMatch(/tables: dynalite, weaker than DynamoDB: .*one consistent read/);
    expect(
      responses.map(({ status }) => status).filter((status) => status !== 200 && status !== 409),
    ).toEqual([]);
    expect(replay.status).toBe(200);
    expect(user.version).toBe(2);
  });
});

describe('a local run with all of its processes', () => {
  const folder = temporaryFolder();
  let run: StartedRun;
  beforeAll(async () => {
    run = await startRun([], { TMPDIR: folder }, EVENTS_APP);
  });

  it.skipIf(!hasProc)('listens on the loopback interface only, DynamoDB Local too', async () => {
    const { dynamodb } = await apiOf(run.url).state();
    expect(dynamodb.engine).toBe(hasJava ? 'DynamoDB Local' : 'dynalite');
    const own = [Number(run.child.pid), ...childrenOf(run.child.pid)];
    const addresses = own.flatMap(listeningAddresses);
    expect(addresses.length).toBeGreaterThanOrEqual(3);
    expect(addresses.filter((address) => !LOOPBACK.includes(address))).toEqual([]);
  });

  it('leaves none behind when it is killed itself, not even a frozen or a busy one', async () => {
    const api = apiOf(run.url);
    void api.get('/who?ms=60000').catch(() => 'cut off');
    const states = async () =>
      (await api.state()).functions.flatMap(({ sandboxes }) => sandboxes.map(({ state }) => state));
    await expect.poll(states).toEqual(expect.arrayContaining(['frozen', 'busy']));
    const started = childrenOf(run.child.pid);
    run.child.kill('SIGKILL');
    await expect.poll(() => aliveOf(started)).toEqual([]);
    await expect.poll(() => filesIn(folder)).toEqual([]);
  });
});

/** Exactly one line, which names the thing and the fix. */
const oneLine = (output: string): string => {
  const lines = output.split('\n').filter((line) => line.startsWith('fibrin: '));
  expect(lines).toHaveLength(1);
  expect(output).not.toMatch(/\n\s+at /);
  return String(lines[0]);
};

function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** The engine starts beside what fails here, for nothing: this one costs least. */
const WITHOUT_JAVA = ['local', '--port', '0', '--dynamodb', 'dynalite'];

describe('a local run that cannot start says so in one line', () => {
  it('for a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, output } = await runCommand(['local'], { PORT: String(port) });
    server.close();
    expect(code).toBe(1);
    expect(oneLine(output)).toBe(
      `fibrin: port ${port} is in use; set PORT to a free one, e.g. PORT=${port + 1} npm start`,
    );
  });

  it('for a port that is none', async () => {
    const { code, output } = await runCommand(['local'], { PORT: 'eighty' });
    expect(code).toBe(1);
    expect(oneLine(output)).toMatch(/integer from 0 to 65535, got "eighty"/);
  });

  it.each(['0', '1.5', '65', '', 'all'])('for a concurrency per sandbox of %j', async (text) => {
    await expect(local(['--concurrency-per-sandbox', text])).rejects.toThrow(
      `expected the concurrency per sandbox to be an integer from 1 to 64, got "${text}"`,
    );
  });

  it('for a folder without an app', async () => {
    const { code, output } = await runCommand(WITHOUT_JAVA, {}, project({}));
    expect(code).toBe(1);
    expect(oneLine(output)).toMatch(/no cdk\.json in .*; run this in the folder of a CDK app/);
  });

  it('for a synthesis that fails', async () => {
    const folder = project({
      'cdk.json': '{"app":"node app.mjs"}',
      'app.mjs': 'throw new Error("the stack has no name");',
    });
    const { code, output } = await runCommand(WITHOUT_JAVA, {}, folder);
    expect(code).toBe(1);
    expect(oneLine(output)).toMatch(/synthesis failed: .*the stack has no name.*npx --no-install cdk synth/);
  });

  it('for a resource that it cannot serve, naming the type', async () => {
    const assembly = {
      'manifest.json': JSON.stringify({
        artifacts: { S: { type: 'aws:cloudformation:stack', properties: { templateFile: 't.json' } } },
      }),
      't.json': JSON.stringify({ Resources: { M: { Type: 'AWS::StepFunctions::StateMachine' } } }),
    };
    const folder = project({
      'cdk.json': '{"app":"node app.mjs"}',
      'app.mjs': `import { mkdirSync, writeFileSync } from 'node:fs';
        mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
        for (const [name, text] of Object.entries(${JSON.stringify(assembly)})) writeFileSync(process.env.CDK_OUTDIR + '/' + name, text);`,
    });
    const { code, output } = await runCommand(WITHOUT_JAVA, {}, folder);
    expect(code).toBe(1);
    expect(output).toMatch(/refused:\n\s+1 × AWS::StepFunctions::StateMachine — /);
    expect(oneLine(output)).toMatch(/AWS::StepFunctions::StateMachine.*leave it out/);
  });

  it('for a Java that is asked for and missing', async () => {
    const { code, output } = await runCommand(['local', '--port', '0', '--dynamodb', 'dynamodb-local'], {
      PATH: temporaryFolder(),
      JAVA_HOME: '',
    });
    expect(code).toBe(1);
    expect(oneLine(output)).toMatch(/DynamoDB Local needs Java 17/);
  });

  it.each([
    [['local', '--colour'], /Unknown option '--colour'/],
    [['local', '--dynamodb', 'oracle'], /one of auto, dynamodb-local, dynalite, got "oracle"/],
    [['fly'], /unknown command "fly"; fibrin --help/],
  ])('for arguments that are wrong: %j', async (args, reason) => {
    const { code, output } = await runCommand(args);
    expect(code).not.toBe(0);
    expect(oneLine(output)).toMatch(reason);
  });
});

describe('the command', () => {
  it.each([[['--help']], [['local', '--help']], [['help', 'local']]])('explains itself: %j', async (args) => {
    const { code, output } = await runCommand(args);
    expect(code).toBe(0);
    expect(output).toMatch(/Usage: fibrin/);
  });

  it('tells its version', async () => {
    expect(await runCommand(['--version'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('synthesis', () => {
  const synth = (folder: string) =>
    synthesize({ project: folder, fresh: false, signal: new AbortController().signal });
  const app = () =>
    project({
      'cdk.json': '{"app":"node app.mjs"}',
      'app.mjs': `import { mkdirSync, writeFileSync } from 'node:fs';
        mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
        writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', '{"artifacts":{}}');`,
    });

  it('is done again only when a file has changed', async () => {
    const folder = app();
    const first = await synth(folder);
    const second = await synth(folder);
    writeFileSync(join(folder, 'added.ts'), 'export {};\n');
    const third = await synth(folder);
    expect([first.cached, second.cached, third.cached]).toEqual([false, true, false]);
    expect(second.folder).toBe(first.folder);
    expect(third.folder).not.toBe(first.folder);
  });

  it('may be done twice at the same time', async () => {
    const folder = app();
    const [one, other] = await Promise.all([synth(folder), synth(folder)]);
    expect(one.folder).toBe(other.folder);
    expect((await synth(folder)).cached).toBe(true);
  });
});
