import { isoText } from '../../core/iso-text.ts';
import { decodeResult } from '../../idempotency/codec.ts';
import type { IdempotencyRequest } from './arguments.ts';
import type { RecordedResult } from './result.ts';
import type { Sight } from './sight.ts';

/** What was seen, for programs. The result only where it is asked for. */
export function sightJson(
  { table, key, operation, result: isShown }: IdempotencyRequest,
  sight: Sight,
  result?: RecordedResult,
): Readonly<Record<string, unknown>> {
  const seen = { table, key, operation, state: sight.status };
  if (!('record' in sight)) return seen;
  const { record, now } = sight;
  return {
    ...seen,
    owner: record.owner,
    fence: record.fence,
    leaseUntil: isoText(record.leaseUntil),
    leaseLeftMs: record.leaseUntil - now,
    expiresAt: isoText(record.expiresAt * 1_000),
    ...(result && {
      result: {
        ...{ form: result.form, bytes: result.bytes, why: result.why },
        ...(isShown && result.text !== undefined && { value: decodeResult(operation, result.text) }),
      },
    }),
  };
}
