/** A request, or an entry of one. */
export type Input = Readonly<Record<string, unknown>>;

/**
 * Rewrites the seconds of a request to SQS into the platform's, which may run `scale` times faster: how long a
 * message is delayed, and how long one that was given back stays away. The engine multiplies by 1,000 and rounds
 * nothing, so fractions are fine. What a *function* waits for stays as it is, because functions run at their own
 * pace: a long poll, and the visibility timeout of what they receive, during which they work.
 */
export function inPlatformSeconds(
  operation: string,
  input: Input,
  scale: number,
  /** The queue's own delay, for messages without one. Undefined where messages have none, as on FIFO queues. */
  queueDelaySeconds: number | undefined,
): Input {
  const scaled = (entry: Input, field: string, fallback?: number): Input => {
    const seconds = entry[field] ?? fallback;
    return typeof seconds === 'number' ? { ...entry, [field]: seconds / scale } : entry;
  };
  const eachEntry = (change: (entry: Input) => Input): Input =>
    Array.isArray(input['Entries'])
      ? { ...input, Entries: (input['Entries'] as readonly Input[]).map(change) }
      : input;
  switch (operation) {
    case 'SendMessage':
      return scaled(input, 'DelaySeconds', queueDelaySeconds);
    case 'SendMessageBatch':
      return eachEntry((entry) => scaled(entry, 'DelaySeconds', queueDelaySeconds));
    case 'ChangeMessageVisibility':
      return scaled(input, 'VisibilityTimeout');
    case 'ChangeMessageVisibilityBatch':
      return eachEntry((entry) => scaled(entry, 'VisibilityTimeout'));
    default:
      return input;
  }
}

/** The receipt handles that a request names. */
export function handlesOf(input: Input): readonly string[] {
  const entries = Array.isArray(input['Entries']) ? (input['Entries'] as readonly Input[]) : [input];
  return entries.flatMap(({ ReceiptHandle }) => (typeof ReceiptHandle === 'string' ? [ReceiptHandle] : []));
}
