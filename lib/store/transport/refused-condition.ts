import type { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { WireWriteResult } from './transport.ts';

/** An answer as the SDK's own middlewares hand it on, before it is read. */
interface HttpAnswer {
  statusCode: number;
  body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

interface Refusal {
  readonly __type?: unknown;
  readonly Item?: Readonly<Record<string, unknown>>;
}

const REFUSED = '#ConditionalCheckFailedException';
const EMPTY = new TextEncoder().encode('{}');

/** What a 400 says, where it is JSON. A client may use another protocol: then the SDK reads it. */
async function refusalIn(client: DynamoDBClient, answer: HttpAnswer): Promise<Refusal> {
  if (!answer.headers['content-type']?.startsWith('application/x-amz-json')) return {};
  const bytes = await client.config.streamCollector(answer.body);
  // It can be read once, and the SDK reads bytes as well.
  answer.body = bytes;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Refusal;
  } catch {
    return {};
  }
}

/**
 * Sends a write whose condition may be refused. That is how each replay begins, and the SDK makes an error of it: with its stack
 * and its parts, that is a fifth of the CPU of the request. So a refusal is read before the SDK reads it, and handed on as an empty
 * answer. Everything else is the SDK's. Only this command is changed, not the client.
 */
export async function sendConditional(
  client: DynamoDBClient,
  command: PutItemCommand | DeleteItemCommand,
  options: { readonly abortSignal?: AbortSignal },
): Promise<WireWriteResult> {
  const write = command as PutItemCommand;
  let result: WireWriteResult = { applied: true };
  write.middlewareStack.add(
    (next) => async (args) => {
      const output = await next(args);
      const answer = output.response as HttpAnswer;
      const { __type, Item } = answer.statusCode === 400 ? await refusalIn(client, answer) : {};
      if (!String(__type).endsWith(REFUSED)) return output;
      result = { applied: false, item: Item };
      answer.statusCode = 200;
      answer.body = EMPTY;
      return output;
    },
    { step: 'deserialize', priority: 'low', name: 'fibrinRefusedCondition' },
  );
  await client.send(write, options);
  return result;
}
