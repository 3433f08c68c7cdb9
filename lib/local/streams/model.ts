import type { CompiledPattern } from '../events/pattern/model.ts';

/** An event source mapping from a table's stream to a function, as the template has it. */
export interface StreamMappingModel {
  /** The ARN that the template knows the stream by; what the engine calls it stays inside the source. */
  readonly streamArn: string;
  readonly tableName: string;
  readonly functionArn: string;
  readonly startingPosition: 'LATEST' | 'TRIM_HORIZON';
  /** The most records of one invocation. Integer, 1 to 10,000. AWS's default is 100. */
  readonly batchSize: number;
  /** How long to gather records for a batch, in the platform's time. Seconds, 0 to 300. */
  readonly batchingWindowSeconds: number;
  /** Further attempts for a batch after the first. 0 to 10,000; -1 is until the records expire. */
  readonly maximumRetryAttempts: number;
  /** How old a record may get, in the platform's time. Seconds, 60 to 604,800; -1 is until it expires. */
  readonly maximumRecordAgeSeconds: number;
  readonly bisectBatchOnError: boolean;
  readonly reportBatchItemFailures: boolean;
  /** The ARN that gets the whereabouts of what was given up. */
  readonly onFailure?: string;
  /** A record is for the function when one of them matches, or when there is none. */
  readonly filters: readonly CompiledPattern[];
  readonly enabled: boolean;
}
