import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Processes } from '../../lib/local/processes.ts';
import { listeningAddresses } from '../support/processes.ts';
import { type PythonPrograms, pythonPrograms } from '../support/python.ts';
import { sendSigned } from './signed.ts';
import { until } from './steps.ts';

/** The version that all of this was tested with. Others may lack what it can do: 1.4 lost aliases on updates. */
export const MINISTACK = 'ministack==1.5.33';
/** Without it ministack verifies no token, and says nothing of it. */
const CRYPTOGRAPHY = 'cryptography==50.0.2';
/** 127.0.0.1, in the words of the kernel. */
const LOOPBACK = '0100007F';
export const ACCOUNT = '000000000000';

export const installMinistack = (signal: AbortSignal): Promise<PythonPrograms | string> =>
  pythonPrograms('ministack', [MINISTACK, CRYPTOGRAPHY], signal);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Ministack {
  readonly endpoint: URL;
  /** All that it and the functions have printed. */
  output(): string;
}

/** The environment without anything that would lead a program to an account of AWS. */
export function withoutAws(folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|CDK|LOCALSTACK)_/.test(name));
  return {
    ...Object.fromEntries(kept),
    AWS_CONFIG_FILE: join(folder, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function started(
  child: ChildProcess,
  output: () => string,
  isReady: () => Promise<boolean>,
): Promise<unknown> {
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`ministack ended with ${code}:\n${output().slice(-2_000)}`)),
    );
  });
  return Promise.race([ended, until('ministack', 60_000, isReady, (ready) => ready)]);
}

/**
 * Starts ministack on a free port of this machine only, with all its files in `folder`, without Docker, and with its IAM switched
 * on: requests must be signed, and functions have the rights of their roles and no others.
 */
export async function startMinistack(
  { program }: PythonPrograms,
  processes: Processes,
  folder: string,
): Promise<Ministack> {
  const files = join(folder, 'ministack');
  mkdirSync(files, { recursive: true });
  const port = await freePort();
  const child = processes.start(program('python'), ['-m', 'ministack'], {
    cwd: files,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...withoutAws(folder),
      ...{ BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), MINISTACK_HOST: 'localhost' },
      ...{ AUTH: 'true', SFTP_ENABLED: '0', IOT_MTLS_ENABLED: '0', PERSIST_STATE: '0' },
      ...{
        TMPDIR: files,
        S3_DATA_DIR: join(files, 's3'),
        DOCKER_HOST: `unix://${join(files, 'no-docker.sock')}`,
      },
      PYTHONUNBUFFERED: '1',
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
  }
  const endpoint = new URL(`http://127.0.0.1:${port}`);
  const isReady = async () => {
    const health = { endpoint, service: 'sts', path: '/_ministack/health', credentials: null };
    return (await sendSigned(health).catch(() => undefined))?.status === 200;
  };
  await started(child, () => text, isReady);
  const addresses = listeningAddresses(child.pid ?? 0);
  const external = addresses.filter((address) => address !== LOOPBACK);
  if (external.length > 0)
    throw new Error(`ministack listens on ${external.join(', ')}, not on this machine alone`);
  return { endpoint, output: () => text };
}
