import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { type LeanTransport, type LeanTransportOptions, leanTransport } from '../../lib/store/lean/index.ts';
import type { DynamoStore } from '../../lib/store/store-on.ts';
import { atEndOfTest } from './ends.ts';
import { type WireServer, wireAnswer, wireServer } from './wire.ts';

/** The parts of credentials that nothing may show. */
export const SECRETS: readonly string[] = ['s3cr3t/+key', 't0ken=='];

export const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: SECRETS[0] as string,
  sessionToken: SECRETS[1] as string,
};

/** An answer of DynamoDB. */
export const dynamoAnswer = (status: number, body: object, headers: readonly string[] = []): string =>
  wireAnswer(status, JSON.stringify(body), ['content-type: application/x-amz-json-1.0', ...headers]);

export const refusalOf = (name: string, more: object = {}): string =>
  dynamoAnswer(400, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'no', ...more });

export const FOUND: string = dynamoAnswer(200, { Item: { pk: { S: 'k' }, n: { N: '7' } } });

export interface LeanWorld {
  readonly server: WireServer;
  readonly transport: LeanTransport;
  readonly store: DynamoStore;
}

/** A store whose server writes what the test gives, and that waits for no retry. */
export async function leanWorld(
  answer: (socket: Socket, nth: number) => void,
  options: LeanTransportOptions = {},
): Promise<LeanWorld> {
  let requests = 0;
  const server = await wireServer((socket) => answer(socket, ++requests));
  const agent = new Agent({ keepAlive: true });
  atEndOfTest(() => agent.destroy());
  const transport = leanTransport({
    ...{ endpoint: server.url, region: 'eu-west-1', credentials: CREDENTIALS, agent },
    random: { next: () => 0, token: () => 'token' },
    // On a busy machine.
    attemptTimeoutMs: 60_000,
    ...options,
  });
  return { server, transport, store: dynamoStore({ table: 't', transport }) };
}
