/** Attributes as the DynamoDB API writes them, such as `{ pk: { S: 'a' } }`. */
export type WireItem = Readonly<Record<string, unknown>>;

export type StreamViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

/** A change of an item, as DynamoDB Streams has it. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    /** Seconds since the epoch. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: WireItem;
    readonly NewImage?: WireItem;
    readonly OldImage?: WireItem;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: StreamViewType;
  };
  /** There where DynamoDB itself made the change, because the item expired. */
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
}

export interface ShardRecords {
  readonly shardId: string;
  /** The shard that this one descends from, or itself. What has one origin has one order. */
  readonly origin: string;
  readonly records: readonly StreamRecord[];
}

/** Takes records over: from here on the source forgets them. Must not throw. */
export type Deliver = (page: ShardRecords) => void;

/** Where the records of one table come from. Who reads keeps them until they are done. */
export interface StreamSource {
  /** The wait between two readings, in real time. */
  readonly pollMs: number;
  /**
   * Delivers what is new since the last reading, the first time everything there is, each record once and those of
   * one origin in order. When it rejects, nothing is lost: the next reading goes on after the last that was delivered.
   */
  read(deliver: Deliver, signal: AbortSignal): Promise<void>;
}
