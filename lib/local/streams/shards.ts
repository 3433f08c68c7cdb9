/** A shard as DescribeStream lists it. */
export interface ShardDescription {
  readonly ShardId: string;
  readonly ParentShardId?: string;
}

export interface ShardCursor {
  readonly shardId: string;
  readonly origin: string;
  /** Where to read next; undefined where that has to be asked for. */
  iterator: string | undefined;
  /** The last record that was delivered. */
  after: string | undefined;
  ended: boolean;
}

/** What is known of a stream's shards. A shard rolls over every few hours; what it held comes before its children's. */
export interface ShardTree {
  /** Whether shards have to be listed again: at the start, and while one that ended has no child yet. */
  readonly incomplete: boolean;
  learn(shards: readonly ShardDescription[]): void;
  /** Those that may be read now. */
  readable(): readonly ShardCursor[];
}

export function shardTree(): ShardTree {
  const known = new Map<string, ShardCursor>();
  const parentOf = new Map<string, string>();
  const isDone = (shardId: string | undefined) =>
    shardId === undefined || (known.get(shardId)?.ended ?? true);
  return {
    get incomplete() {
      const parents = new Set(parentOf.values());
      return (
        known.size === 0 || [...known.values()].some((shard) => shard.ended && !parents.has(shard.shardId))
      );
    },
    learn(shards) {
      // Parents are created first and listed first, but their lineage must not depend on that.
      const listed = new Map(shards.map((shard) => [shard.ShardId, shard]));
      const add = ({ ShardId: shardId, ParentShardId: parent }: ShardDescription): ShardCursor => {
        const before = known.get(shardId);
        if (before !== undefined) return before;
        const description = parent === undefined ? undefined : listed.get(parent);
        // A parent that is no longer listed expired with all that it held.
        const origin =
          description === undefined ? (known.get(parent ?? '')?.origin ?? shardId) : add(description).origin;
        const cursor = { shardId, origin, iterator: undefined, after: undefined, ended: false };
        known.set(shardId, cursor);
        if (parent !== undefined) parentOf.set(shardId, parent);
        return cursor;
      };
      for (const shard of shards) add(shard);
    },
    readable: () =>
      [...known.values()].filter((shard) => !shard.ended && isDone(parentOf.get(shard.shardId))),
  };
}
