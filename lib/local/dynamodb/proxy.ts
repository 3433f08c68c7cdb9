import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { FaultSwitches } from '../faults.ts';
import { type Answer, guarded, type Listening, listen, readBody, send } from '../http/server.ts';
import { meetWireFault } from '../http/wire-faults.ts';

export interface ProxyOptions {
  readonly endpoint: string;
  readonly faults: FaultSwitches;
  /** Fault target of a table. */
  readonly targetOf: (tableName: string) => string | undefined;
}

/** DynamoDB's limit on a request. */
const MAX_REQUEST_BYTES = 16 * 1_024 * 1_024;

const amzError = (statusCode: number, type: string, message: string): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }),
});

const THROTTLED = amzError(
  400,
  'ProvisionedThroughputExceededException',
  'The level of configured provisioned throughput for the table was exceeded.',
);

function tableOf(body: Buffer): string | undefined {
  try {
    const { TableName } = JSON.parse(body.toString('utf8')) as { TableName?: unknown };
    return typeof TableName === 'string' ? TableName : undefined;
  } catch {
    return undefined;
  }
}

/** What a broken record looks like: it is there, and all of it but the key is gone. */
function corrupt(answer: Buffer): Buffer {
  const parsed = JSON.parse(answer.toString('utf8')) as { Item?: Record<string, unknown> };
  if (parsed.Item === undefined) return answer;
  const { pk } = parsed.Item;
  return Buffer.from(JSON.stringify({ ...parsed, Item: { ...(pk !== undefined && { pk }) } }));
}

/**
 * Stands between functions and DynamoDB, so that a table can be made to fail without the functions knowing: the SDK,
 * its connections and its errors are the real ones.
 */
export function startDynamoDbProxy({ endpoint, faults, targetOf }: ProxyOptions): Promise<Listening> {
  const { hostname, port } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true });

  const forward = (
    { method, headers, url }: IncomingMessage,
    body: Buffer,
  ): Promise<Answer & { readonly body: Buffer }> =>
    new Promise((resolve, reject) => {
      const onward = httpRequest({ hostname, port, agent, method, path: url, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const { 'transfer-encoding': _, connection: __, 'x-amz-crc32': ___, ...kept } = answer.headers;
          resolve({
            statusCode: answer.statusCode ?? 502,
            headers: kept as Record<string, string>,
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
      const table = tableOf(body);
      const target = table === undefined ? undefined : targetOf(table);
      const fault = await meetWireFault(faults, target, request, response, THROTTLED);
      if (fault === 'answered') return;
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
      const answer = await forward(request, body);
      send(response, fault?.kind === 'corrupt' ? { ...answer, body: corrupt(answer.body) } : answer);
    }),
  );
}
