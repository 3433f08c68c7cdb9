import type { Agent } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import { type Clock, systemClock } from '../../core/clock.ts';
import { checkOptions } from '../../core/options.ts';
import { isRecord } from '../../core/property.ts';
import { type Random, systemRandom } from '../../core/random.ts';
import * as rule from '../../core/rules.ts';
import { refusedWrite } from '../transport/refusal.ts';
import type { DynamoTransport, WireWriteResult } from '../transport/transport.ts';
import { LeanClient, type LeanRequest } from './client.ts';
import {
  type AwsCredentials,
  type AwsCredentialsProvider,
  areCredentials,
  CredentialSource,
} from './credentials.ts';
import { type EndpointOptions, endpointOf } from './endpoint.ts';
import { toJson } from './json.ts';

export interface LeanTransportOptions extends EndpointOptions {
  /**
   * Credentials, or a function that gives them: one of the SDK's providers fits. They are kept until five minutes before they
   * end. Default: those of Lambda's environment variables, else those that `AWS_CONTAINER_CREDENTIALS_FULL_URI` gives.
   */
  readonly credentials?: AwsCredentials | AwsCredentialsProvider;
  /** The most connections to the endpoint, which all transports with the same limit share. 1 to 1,000. Default 50. */
  readonly maxSockets?: number;
  /** An agent of your own for the protocol of the endpoint, e.g. for a proxy or a certificate. Default: one of the process. */
  readonly agent?: Agent;
  /** How often a request is sent at most, where it may be sent again. 1 to 10. Default 3. */
  readonly maxAttempts?: number;
  /** How long one attempt may take, its connection with it. Milliseconds. Default 2,000. */
  readonly attemptTimeoutMs?: number;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock;
  /** Where chance comes from. Default: the system's. */
  readonly random?: Random;
}

export interface ConnectOptions {
  /** How long it may take. Milliseconds. Default 500. */
  readonly timeoutMs?: number;
}

/** A transport without the AWS SDK. */
export interface LeanTransport extends DynamoTransport {
  /**
   * Makes a connection and gets credentials before the first request, in the init phase of a function: `await` it outside of the
   * handler. Gives whether both are there in time, never rejects, and leaves nothing behind that runs.
   * @throws {InvalidOptionError} for a bad option.
   */
  connect(options?: ConnectOptions): Promise<boolean>;
}

/** What they are instead is never shown. */
const credentialsRule: rule.OptionRule = (given) =>
  typeof given === 'function' || areCredentials(given)
    ? undefined
    : 'an object with `accessKeyId` and `secretAccessKey`, or a function that gives one';

function settingsOf(options: LeanTransportOptions) {
  checkOptions('leanTransport', options, {
    optional: {
      region: rule.text(),
      endpoint: rule.text(),
      useFipsEndpoint: rule.boolean(),
      useDualstackEndpoint: rule.boolean(),
      credentials: credentialsRule,
      maxSockets: rule.integer(1, 1_000),
      agent: rule.object(),
      maxAttempts: rule.integer(1, 10),
      attemptTimeoutMs: rule.durationMs(),
      clock: rule.object(),
      random: rule.object(),
    },
  });
  const { clock = systemClock, random = systemRandom, maxSockets = 50, maxAttempts = 3 } = options;
  const { agent, credentials, attemptTimeoutMs = 2_000 } = options;
  return {
    ...{ clock, random, maxSockets, maxAttempts, attemptTimeoutMs },
    endpoint: endpointOf(options),
    agents: agent ? { http: agent, https: agent as SecureAgent } : {},
    credentials: new CredentialSource(credentials, clock),
  };
}

type Wire = Readonly<Record<string, unknown>>;

interface ItemInput {
  readonly TableName: string;
  readonly ConditionExpression?: string;
}

/** The item under a name of an answer. What is no item is as good as none. */
const itemIn = (body: Wire, name: string): Wire | undefined => {
  const item = body[name];
  return isRecord(item) ? item : undefined;
};

/**
 * Sends the store's requests without the AWS SDK: over kept connections, signed, with errors in the SDK's shape. A request is sent
 * again where it was surely not processed (throttled, refused for its time or its credentials, no connection), or may be processed
 * twice: reads, writes on a condition, transactions. Others that may have been processed are not.
 * @throws {InvalidOptionError} for a bad option, or where no region is known.
 * @example
 * ```ts
 * const transport = leanTransport({ region: 'eu-central-1' });
 * const store = dynamoStore({ table: 'resilience', transport });
 * await transport.connect({ timeoutMs: 300 });
 * console.log(await store.get('breaker#posts', { signal: AbortSignal.timeout(500) }));
 * ```
 */
export function leanTransport(options: LeanTransportOptions = {}): LeanTransport {
  const settings = settingsOf(options);
  const client = new LeanClient(settings);
  const { random } = settings;
  /** Of one item. What has a condition may come twice. */
  const itemRequest = (operation: string, input: ItemInput): LeanRequest => ({
    operation,
    table: input.TableName,
    body: JSON.stringify(input),
    repeatable: operation === 'GetItem' || input.ConditionExpression !== undefined,
  });
  const write = async (request: LeanRequest, signal?: AbortSignal): Promise<WireWriteResult> => {
    const { refused, body, error } = await client.send(request, signal);
    if (refused === undefined) return { applied: true };
    const result = refusedWrite(refused, body);
    if (result) return result;
    throw error();
  };
  return {
    async get(input, signal) {
      return itemIn((await client.send(itemRequest('GetItem', input), signal)).body, 'Item');
    },
    put: (input, signal) => write(itemRequest('PutItem', input), signal),
    delete: (input, signal) => write(itemRequest('DeleteItem', input), signal),
    async update(input, signal) {
      return itemIn((await client.send(itemRequest('UpdateItem', input), signal)).body, 'Attributes') ?? {};
    },
    transact({ TransactItems }, signal) {
      // DynamoDB knows a transaction that comes again by its token.
      const body = toJson({ TransactItems, ClientRequestToken: random.token() });
      return write({ operation: 'TransactWriteItems', body, repeatable: true }, signal);
    },
    async connect({ timeoutMs = 500, ...others } = {}) {
      checkOptions('connect', { timeoutMs, ...others }, { optional: { timeoutMs: rule.durationMs() } });
      return client.connect(timeoutMs);
    },
  };
}
