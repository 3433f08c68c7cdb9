import { isJsonObject } from '../events/pattern/model.ts';

/**
 * Which messages of a batch a function reports as failed, by its response. A response that is empty or null reports
 * none; one that is no JSON, or names anything but messages of the batch, reports them all.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedOf(payload: string, messageIds: ReadonlySet<string>): ReadonlySet<string> {
  if (payload.trim() === '') return new Set();
  let response: unknown;
  try {
    response = JSON.parse(payload);
  } catch {
    return messageIds;
  }
  if (response === null) return new Set();
  if (!isJsonObject(response)) return messageIds;
  const failures = response['batchItemFailures'] ?? [];
  if (!Array.isArray(failures)) return messageIds;
  const failed = new Set<string>();
  for (const failure of failures as readonly unknown[]) {
    const id = isJsonObject(failure) ? failure['itemIdentifier'] : undefined;
    if (typeof id !== 'string' || !messageIds.has(id)) return messageIds;
    failed.add(id);
  }
  return failed;
}
