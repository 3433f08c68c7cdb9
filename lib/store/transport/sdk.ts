import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  type ScanCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { textOf } from '../../core/property.ts';
import type { Scan } from '../scan.ts';
import { refusedWrite } from './refusal.ts';
import { sendConditional } from './refused-condition.ts';
import type { DynamoTransport, WireWriteResult } from './transport.ts';

const optionsFor = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

/**
 * A refusal that the SDK has made an error of. By its name: another copy of the SDK may have made the client.
 * @throws the error where it is another one.
 */
function refusalOf(error: unknown): WireWriteResult {
  const result = refusedWrite(textOf(error, 'name'), error ?? {});
  if (result) return result;
  throw error;
}

/** Sends the store's requests with the AWS SDK's client: your own, configured as you like, or a default one. */
export function sdkTransport(client: DynamoDBClient = new DynamoDBClient({})): DynamoTransport {
  return {
    async get(input, signal) {
      const { Item } = await client.send(new GetItemCommand(input), optionsFor(signal));
      return Item;
    },
    put: (input, signal) =>
      sendConditional(client, new PutItemCommand(input), optionsFor(signal)).catch(refusalOf),
    transact: ({ TransactItems }, signal) => {
      // The SDK gives each command a token of its own, and the same one to each of its retries.
      const command = new TransactWriteItemsCommand({ TransactItems: TransactItems as TransactWriteItem[] });
      return client.send(command, optionsFor(signal)).then(() => ({ applied: true }), refusalOf);
    },
    async update(input, signal) {
      const { Attributes = {} } = await client.send(new UpdateItemCommand(input), optionsFor(signal));
      return Attributes;
    },
    delete: (input, signal) =>
      sendConditional(client, new DeleteItemCommand(input), optionsFor(signal)).catch(refusalOf),
  };
}

/** Scans tables with the AWS SDK's client. */
export const sdkScan =
  (client: DynamoDBClient = new DynamoDBClient({})): Scan =>
  (input, signal) =>
    client.send(new ScanCommand(input as ScanCommandInput), optionsFor(signal));
