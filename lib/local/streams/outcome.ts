import type { InvocationResult } from '../lambda/result.ts';

/** What an invocation means for the batch that it had. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'throttled' }
  /** `from`: the first record that is not done. `functionError`: as in Lambda's answer, for a function that failed. */
  | { readonly kind: 'failed'; readonly from: number; readonly functionError: 'Unhandled' | undefined };

const DONE: Outcome = { kind: 'done' };
const failedFrom = (from: number): Outcome => ({ kind: 'failed', from, functionError: undefined });

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    // A function that returns nothing has no JSON to show, which is success.
    return undefined;
  }
}

const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** Nothing, null and an empty list are success; an identifier that is none of the batch's fails all of it. */
function reported(payload: string, sequenceNumbers: readonly string[]): Outcome {
  const failures = propertyOf(parse(payload), 'batchItemFailures');
  if (failures === undefined || failures === null) return DONE;
  if (!Array.isArray(failures)) return failedFrom(0);
  if (failures.length === 0) return DONE;
  const indexes = failures.map((item) => sequenceNumbers.indexOf(String(propertyOf(item, 'itemIdentifier'))));
  return failedFrom(Math.max(0, Math.min(...indexes)));
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html */
export function outcomeOf(
  result: InvocationResult,
  sequenceNumbers: readonly string[],
  reportBatchItemFailures: boolean,
): Outcome {
  switch (result.kind) {
    case 'throttled':
      return { kind: 'throttled' };
    case 'error':
      return { kind: 'failed', from: 0, functionError: 'Unhandled' };
    case 'success':
      return reportBatchItemFailures ? reported(result.payload, sequenceNumbers) : DONE;
  }
}
