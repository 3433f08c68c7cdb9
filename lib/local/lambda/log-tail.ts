/** The most that an answer has of a log. Bytes. */
const MAX_BYTES = 4_096;

export interface InvocationLog {
  readonly requestId: string;
  readonly lines: readonly string[];
  readonly durationMs: number;
  readonly memoryMb: number;
}

/**
 * The end of what Lambda logs of an invocation, in base64: what the function printed, in Lambda's own lines around it.
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function logTail({ requestId, lines, durationMs, memoryMb }: InvocationLog): string {
  const report = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${memoryMb} MB`,
  ];
  const log = [
    `START RequestId: ${requestId} Version: $LATEST`,
    ...lines,
    `END RequestId: ${requestId}`,
    `${report.join('\t')}\t`,
  ];
  return Buffer.from(`${log.join('\n')}\n`)
    .subarray(-MAX_BYTES)
    .toString('base64');
}
