/** A queue of the template. Its times are those of the template too, whatever the scale. */
export interface QueueModel {
  readonly logicalId: string;
  readonly queueName: string;
  readonly fifo: boolean;
  /** Whether a FIFO queue tells duplicates by their bodies. Default false. */
  readonly contentBasedDeduplication?: boolean;
  /** Whether a FIFO queue compares the deduplication IDs of each group by itself. Default false: those of the whole queue. */
  readonly deduplicatesInGroup?: boolean;
  readonly visibilityTimeoutSeconds: number;
  readonly delaySeconds: number;
  readonly receiveWaitSeconds: number;
  readonly retentionSeconds: number;
  readonly redrive?: { readonly deadLetterQueueArn: string; readonly maxReceiveCount: number };
}

export interface Depth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** A message as it lies in a queue; looking at it changes nothing. */
export interface PeekedMessage {
  readonly messageId: string;
  readonly body: string;
  /** Its message attributes; binary ones in base64. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageGroupId: string | undefined;
  readonly state: keyof Depth;
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number;
  readonly receiveCount: number;
}
