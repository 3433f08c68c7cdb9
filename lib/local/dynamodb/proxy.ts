import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { PARTITION_KEY } from '../../core/table-layout.ts';
import type { FaultSwitches } from '../faults.ts';
import { type Answer, guarded, type Listening, listen, readBody, send } from '../http/server.ts';
import { meetWireFault } from '../http/wire-faults.ts';
import type { Transacted, Transactions } from './transactions.ts';

/** What does the work. */
export interface Behind {
  readonly endpoint: string;
  /** Where the engine has no transactions of its own. */
  readonly transactions?: Transactions | undefined;
}

export interface ProxyOptions {
  /** Requests wait for it, so that functions can start before their tables are there. */
  readonly behind: Promise<Behind>;
  readonly faults: FaultSwitches;
  /** Fault target of a table. */
  readonly targetOf: (tableName: string) => string | undefined;
  /** Called after each write, with the tables and the request. */
  readonly onWrite?: (tables: readonly string[], request: string) => void;
}

/** DynamoDB's limit on a request. */
const MAX_REQUEST_BYTES = 16 * 1_024 * 1_024;

const AMZ_JSON = { 'content-type': 'application/x-amz-json-1.0' };

const amzError = (statusCode: number, type: string, message: string): Answer => ({
  statusCode,
  headers: AMZ_JSON,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }),
});

const THROTTLED = amzError(
  400,
  'ProvisionedThroughputExceededException',
  'The level of configured provisioned throughput for the table was exceeded.',
);

type TransactItems = Parameters<Transactions['run']>[0];

interface Request {
  readonly TableName?: unknown;
  readonly TransactItems?: TransactItems;
}

function parse(body: Buffer): Request {
  try {
    return (JSON.parse(body.toString('utf8')) ?? {}) as Request;
  } catch {
    // The engine says what is wrong with it.
    return {};
  }
}

/** The tables that a request is about: one, or those of a transaction. */
const tablesOf = ({ TableName, TransactItems = [] }: Request): readonly string[] =>
  [TableName, ...TransactItems.flatMap((item) => Object.values(item).map((write) => write.TableName))].filter(
    (name) => typeof name === 'string',
  );

function answerOf(result: Transacted): Answer {
  if (result.kind === 'done') return { statusCode: 200, headers: AMZ_JSON, body: '{}' };
  const { statusCode, headers } = amzError(400, 'TransactionCanceledException', '');
  const codes = result.reasons.map(({ Code }) => Code).join(', ');
  const Message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  const __type = 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException';
  return {
    statusCode,
    ...(headers && { headers }),
    body: JSON.stringify({ __type, Message, CancellationReasons: result.reasons }),
  };
}

/** What a broken record looks like: it is there, and all of it but the key is gone. */
function corrupt(answer: Buffer): Buffer {
  const parsed = JSON.parse(answer.toString('utf8')) as { Item?: Record<string, unknown> };
  if (parsed.Item === undefined) return answer;
  const key = parsed.Item[PARTITION_KEY];
  const Item = key === undefined ? {} : { [PARTITION_KEY]: key };
  return Buffer.from(JSON.stringify({ ...parsed, Item }));
}

const isWrite = ({ headers }: IncomingMessage): boolean =>
  /\.(PutItem|UpdateItem|DeleteItem|TransactWriteItems)$/.test(String(headers['x-amz-target']));

const isTransaction = ({ headers }: IncomingMessage): boolean =>
  String(headers['x-amz-target']).endsWith('.TransactWriteItems');

/**
 * Stands between functions and DynamoDB, so that a table can be made to fail without the functions knowing: the SDK,
 * its connections and its errors are the real ones.
 */
export function startDynamoDbProxy({ behind, faults, targetOf, onWrite }: ProxyOptions): Promise<Listening> {
  const agent = new Agent({ keepAlive: true });
  // The caller hears of its failure; here there may be no request that does.
  behind.catch(() => undefined);

  const forward = (
    endpoint: string,
    { method, headers, url }: IncomingMessage,
    body: Buffer,
  ): Promise<Answer & { readonly body: Buffer }> =>
    new Promise((resolve, reject) => {
      const { host, hostname, port } = new URL(endpoint);
      // The engine answers to its own name, and to no page: the one that may come here is this server's own.
      const { origin: _, ...kept } = { ...headers, host };
      const onward = httpRequest({ hostname, port, agent, method, path: url, headers: kept }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const { 'transfer-encoding': _, connection: __, 'x-amz-crc32': ___, ...passed } = answer.headers;
          resolve({
            statusCode: answer.statusCode ?? 502,
            headers: passed as Record<string, string>,
            body: Buffer.concat(chunks),
          });
        });
      });
      onward.once('error', reject);
      onward.end(body);
    });

  return listen(
    0,
    guarded(async (request, response) => {
      const body = await readBody(request, MAX_REQUEST_BYTES);
      const parsed = parse(body);
      // A transaction meets the fault of whichever of its tables has one.
      const tables = tablesOf(parsed);
      const targets = tables.map(targetOf);
      const target = targets.find((one) => one !== undefined && one in faults.list()) ?? targets[0];
      const arrived = await meetWireFault(faults, target, request, response, THROTTLED);
      if (arrived === 'answered') return;
      const { fault, deliver } = arrived;
      if (fault?.kind === 'error') {
        return send(
          response,
          amzError(
            fault.status,
            'InternalServerError',
            'The request processing has failed because of an unknown error.',
          ),
        );
      }
      const { endpoint, transactions } = await behind;
      const work = async (): Promise<Answer & { readonly body: Buffer }> => {
        if (transactions === undefined) return forward(endpoint, request, body);
        if (parsed.TransactItems === undefined || !isTransaction(request))
          return transactions.outside(() => forward(endpoint, request, body));
        const done = answerOf(await transactions.run(parsed.TransactItems));
        return { ...done, body: Buffer.from(done.body ?? '') };
      };
      const answer = await work();
      if (isWrite(request)) onWrite?.(tables, body.toString('utf8'));
      await deliver(fault?.kind === 'corrupt' ? { ...answer, body: corrupt(answer.body) } : answer);
    }),
  );
}
