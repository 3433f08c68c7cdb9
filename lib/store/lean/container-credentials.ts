import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { textOf } from '../../core/property.ts';
import { clientFor } from '../../http/agents.ts';
import { exchange } from '../../http/exchange.ts';
import { readBody } from '../../http/read-body.ts';
import type { AwsCredentials } from './credentials.ts';
import { credentialsError } from './errors.ts';

const MAX_BYTES = 65_536;
const TRIES = 3;

/** Of Amazon ECS and EKS. */
const LOCAL_HOSTS = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|169\.254\.170\.23?|\[fd00:ec2::23\])$/;

const address = (): string | undefined => process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'];

export const hasContainerCredentials = (): boolean => !!address();

/** As Lambda gives them to functions with SnapStart and on Managed Instances. */
function urlOf(): URL {
  const url = URL.parse(address() ?? '');
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL_HOSTS.test(url.hostname))))
    return url;
  throw credentialsError(
    'expected AWS_CONTAINER_CREDENTIALS_FULL_URI to be a URL of https:, or of this machine',
  );
}

/** Read each time: the file changes. */
async function tokenOf(): Promise<string | undefined> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } =
    process.env;
  const text = file ? await process.getBuiltinModule('node:fs').promises.readFile(file, 'utf8') : token;
  if (text && /[\r\n]/.test(text)) throw credentialsError('expected an authorization token of one line');
  return text;
}

function read(text: string): AwsCredentials {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    // Without its cause: a SyntaxError quotes what it could not parse, which is a secret here.
    throw credentialsError('expected credentials in JSON');
  }
  const ends = Date.parse(textOf(given, 'Expiration'));
  return {
    accessKeyId: textOf(given, 'AccessKeyId'),
    secretAccessKey: textOf(given, 'SecretAccessKey'),
    sessionToken: textOf(given, 'Token') || undefined,
    expiration: Number.isNaN(ends) ? undefined : new Date(ends),
  };
}

/** @throws {Error} named `CredentialsProviderError`, which quotes nothing of the answer. */
export async function fetchContainerCredentials(clock: Clock, signal: AbortSignal): Promise<AwsCredentials> {
  const url = urlOf();
  const authorization = await tokenOf();
  const fetched = {
    ...{ host: url.host, client: clientFor(url, {}), method: 'GET', clock },
    headers: { accept: 'application/json', ...(authorization && { authorization }) },
    ...{ body: undefined, repeatable: true },
    read: async (response: IncomingMessage) => ({
      status: response.statusCode ?? 0,
      text: (await readBody(response, url.host, MAX_BYTES)).toString(),
    }),
  };
  let problem = '';
  for (let nth = 1; nth <= TRIES; nth++) {
    try {
      const { status, text } = await exchange(fetched, signal);
      if (status === 200) return read(text);
      problem = `it answered ${status}`;
    } catch (error) {
      signal.throwIfAborted();
      if (textOf(error, 'name') === 'CredentialsProviderError') throw error;
      problem = textOf(error, 'code') || 'it gave no answer';
    }
  }
  throw credentialsError(`expected credentials from AWS_CONTAINER_CREDENTIALS_FULL_URI; ${problem}`);
}
