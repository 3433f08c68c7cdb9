import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** One attempt to send one request; the SDK's own retries are attempts of the same request. */
export interface Attempt {
  /** Which write of this client it belongs to, from 1. Reads have none. */
  readonly write: number | undefined;
  readonly attempt: number;
}

/** Stands between the SDK's retries and the network. */
export type WireFault = <A>(attempt: Attempt, send: () => Promise<A>) => Promise<A>;

type Trouble = <A>(send: () => Promise<A>, attempt: number) => Promise<A>;

/** Trouble for one write and no other: a claim is the first write of a call, completing or releasing it the second. */
export function onWrite(nth: number, trouble: Trouble): WireFault {
  return ({ write, attempt }, send) => (write === nth ? trouble(send, attempt) : send());
}

/** The write is applied and its acknowledgement lost, once; what the SDK does next is up to the SDK. */
export const answerLostOnce: Trouble = async (send, attempt) => {
  const answer = await send();
  if (attempt > 1) return answer;
  throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
};

/** Nothing arrives. Not of a kind that the SDK retries, so that it is told at once. */
export const unreachable: Trouble = async () => {
  throw new Error('the network is down');
};

/** Nothing arrives and nobody says so. */
export const silent: Trouble = () => new Promise<never>(() => {});

/** What a DynamoDB on this machine takes from everyone. */
export const LOCAL = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const;

/** A client as a sandbox has it: its own connections, the real SDK's retries, and a fault on its way. */
export function clientOf(endpoint: string, fault?: WireFault): DynamoDBClient {
  const client = new DynamoDBClient({ endpoint, ...LOCAL });
  if (fault === undefined) return client;
  let writes = 0;
  // The handler is made once a request, and called once an attempt.
  client.middlewareStack.add(
    (next, { commandName = '' }) => {
      const write = /^(Put|Update|Delete)Item/.test(commandName) ? ++writes : undefined;
      let attempt = 0;
      return (args) => fault({ write, attempt: ++attempt }, () => next(args));
    },
    { step: 'deserialize', priority: 'low', name: 'wireFault' },
  );
  return client;
}
