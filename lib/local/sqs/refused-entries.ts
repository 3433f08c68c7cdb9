import type { Input } from './platform-seconds.ts';
import { refusalOf, type SqsRefusal } from './refusals.ts';

/** A request without what is wrong with it. */
export interface Sorted {
  readonly input: Input;
  /** The whole request is refused. */
  readonly refusal?: SqsRefusal;
  /** Entries of a batch that failed, as the answer lists them. */
  readonly failed: readonly object[];
}

/** Takes out of a batch the entries that SQS would fail. Whether the others are right is for the engine to say. */
export function sortOut(operation: string, input: Input): Sorted {
  const [, single = operation] = /^(.+)Batch$/.exec(operation) ?? [];
  const entries = input['Entries'];
  if (single === operation || !Array.isArray(entries)) {
    const refusal = refusalOf(operation, input);
    return { input, failed: [], ...(refusal && { refusal }) };
  }
  const refusals = (entries as readonly Input[]).map((entry) => ({
    entry,
    refusal: refusalOf(single, entry),
  }));
  const failed = refusals.flatMap(({ entry, refusal }) =>
    refusal ? [{ Id: entry['Id'], SenderFault: true, Code: refusal.code, Message: refusal.message }] : [],
  );
  const Entries = refusals.filter(({ refusal }) => refusal === undefined).map(({ entry }) => entry);
  return { input: failed.length === 0 ? input : { ...input, Entries }, failed };
}
