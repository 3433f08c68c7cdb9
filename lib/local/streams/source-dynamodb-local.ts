import type { Clock } from '../../core/clock.ts';
import { callDynamoDb, DynamoDbError } from '../dynamodb/client.ts';
import { LocalRunError } from '../problem.ts';
import { type ShardCursor, type ShardDescription, shardTree } from './shards.ts';
import type { Deliver, StreamRecord, StreamSource } from './source.ts';

export interface DynamoDbLocalSourceOptions {
  readonly endpoint: string;
  readonly tableName: string;
  /** The clock that the engine has, too: the real one. */
  readonly clock: Clock;
  /** Unit: milliseconds. Default 250: Lambda looks four times a second. */
  readonly pollMs?: number;
}

/** The most that GetRecords gives. */
const PAGE_SIZE = 1_000;

/** A record as the streams' API writes it. */
type ApiRecord = Omit<StreamRecord, 'userIdentity'> & {
  readonly userIdentity?: { readonly Type: string; readonly PrincipalId: string };
};

/**
 * DynamoDB Local rounds the time of a change down to the minute; the service rounds it to the second. Where it was
 * read within that minute, the second in which it was read is nearer to the truth.
 */
function nearerCreation(minute: number, nowMs: number): number {
  return Math.min(Math.max(minute, Math.floor(nowMs / 1_000)), minute + 59);
}

function toRecord(record: ApiRecord, nowMs: number): StreamRecord {
  const { eventID, eventName, dynamodb, userIdentity } = record;
  return {
    // 32 hexadecimal digits, as the service has it; the engine puts dashes between them.
    eventID: eventID.replaceAll('-', ''),
    eventName,
    dynamodb: {
      ...dynamodb,
      ApproximateCreationDateTime: nearerCreation(dynamodb.ApproximateCreationDateTime, nowMs),
    },
    ...(userIdentity && {
      userIdentity: { type: userIdentity.Type, principalId: userIdentity.PrincipalId },
    }),
  };
}

/**
 * Reads the stream that DynamoDB Local keeps of a table, through shards that roll over.
 * @throws {LocalRunError} from `read`, when the table has no stream or the engine does not answer.
 */
export function dynamoDbLocalSource(options: DynamoDbLocalSourceOptions): StreamSource {
  const { endpoint, tableName, clock } = options;
  const tree = shardTree();
  let streamArn: string | undefined;

  const findStream = async (signal: AbortSignal): Promise<string> => {
    const { Table } = await callDynamoDb(endpoint, 'DescribeTable', { TableName: tableName }, { signal });
    const arn = (Table as { readonly LatestStreamArn?: string }).LatestStreamArn;
    if (arn === undefined)
      throw new LocalRunError(`the table ${tableName} has no stream; give it a StreamSpecification`);
    return arn;
  };

  const listShards = async (StreamArn: string, signal: AbortSignal) => {
    const shards: ShardDescription[] = [];
    let from: string | undefined;
    do {
      const input = { StreamArn, ...(from !== undefined && { ExclusiveStartShardId: from }) };
      const { StreamDescription } = await callDynamoDb(endpoint, 'DescribeStream', input, {
        signal,
        api: 'streams',
      });
      const page = StreamDescription as {
        readonly Shards: readonly ShardDescription[];
        readonly LastEvaluatedShardId?: string;
      };
      shards.push(...page.Shards);
      from = page.LastEvaluatedShardId;
    } while (from !== undefined);
    tree.learn(shards);
  };

  const iteratorFor = async (StreamArn: string, { shardId, after }: ShardCursor, signal: AbortSignal) => {
    const position =
      after === undefined
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after };
    const input = { StreamArn, ShardId: shardId, ...position };
    const { ShardIterator } = await callDynamoDb(endpoint, 'GetShardIterator', input, {
      signal,
      api: 'streams',
    });
    return ShardIterator as string;
  };

  const readShard = async (
    StreamArn: string,
    shard: ShardCursor,
    deliver: Deliver,
    signal: AbortSignal,
  ): Promise<void> => {
    for (;;) {
      shard.iterator ??= await iteratorFor(StreamArn, shard, signal);
      const input = { ShardIterator: shard.iterator, Limit: PAGE_SIZE };
      const answer = await callDynamoDb(endpoint, 'GetRecords', input, { signal, api: 'streams' });
      const records = (answer['Records'] as readonly ApiRecord[]).map((record) =>
        toRecord(record, clock.now()),
      );
      if (records.length > 0) deliver({ shardId: shard.shardId, origin: shard.origin, records });
      shard.after = records.at(-1)?.dynamodb.SequenceNumber ?? shard.after;
      shard.iterator = answer['NextShardIterator'] as string | undefined;
      shard.ended = shard.iterator === undefined;
      if (shard.ended || records.length === 0) return;
    }
  };

  return {
    pollMs: options.pollMs ?? 250,
    async read(deliver, signal) {
      streamArn ??= await findStream(signal);
      const read = new Set<ShardCursor>();
      for (;;) {
        // What descends from a shard may be read as soon as that one ended, in this reading still.
        if (tree.incomplete) await listShards(streamArn, signal);
        const shard = tree.readable().find((candidate) => !read.has(candidate));
        if (shard === undefined) return;
        read.add(shard);
        try {
          await readShard(streamArn, shard, deliver, signal);
        } catch (error) {
          // An iterator lives 15 minutes; a laptop may sleep longer. The place in the stream is kept beside it.
          if (error instanceof DynamoDbError) shard.iterator = undefined;
          throw error;
        }
      }
    },
  };
}
