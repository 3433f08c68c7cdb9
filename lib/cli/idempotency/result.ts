import { loadResult } from '../../idempotency/codec.ts';
import type { IdempotencyRecord, ResultForm } from '../../idempotency/protocol.ts';

/** What a completed record has of the result. */
export interface RecordedResult {
  readonly form: ResultForm;
  /** The result as JSON text, empty for undefined. Absent where the record does not hold it. */
  readonly text?: string;
  /** Size of that text. */
  readonly bytes?: number;
  /** `none`: why there is no result. */
  readonly why?: string;
}

export async function recordedResult(
  key: string,
  operation: string,
  record: IdempotencyRecord,
): Promise<RecordedResult> {
  const { form } = record;
  // Often the message of an error, over several lines.
  if (form === 'none') return { form, why: record.result.replaceAll(/\s+/g, ' ') };
  if (form === 'elsewhere') return { form };
  const text = await loadResult(key, operation, record, undefined);
  return { form, text, bytes: Buffer.byteLength(text) };
}
