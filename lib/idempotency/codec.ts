import { gunzipSync, gzipSync } from 'node:zlib';
import { ResultNotStoredError } from './errors.ts';
import type { IdempotencyRecord, StoredResult } from './protocol.ts';

/**
 * Keeps results that are too large for a record: a bucket, another table. Each result gets a key of its own, which begins
 * with that of its record; what is older than the retention may go.
 */
export interface ResultStore {
  put(key: string, text: string): Promise<void>;
  /** Undefined where there is none (any more). */
  get(key: string): Promise<string | undefined>;
}

/** `JSON.stringify` has no text for undefined, which is what most event handlers return. */
const UNDEFINED = '';
/** Shorter texts are not worth compressing. */
const COMPRESS_FROM_BYTES = 1_024;
/** An item holds 400 KB, names and keys included. */
const MAX_RESULT_BYTES = 350_000;

/** The text in which a result is recorded, and from which the first answer and every replay are made alike. */
export const encodeResult = (result: unknown): string => JSON.stringify(result) ?? UNDEFINED;
export const decodeResult = (text: string): unknown => (text === UNDEFINED ? undefined : JSON.parse(text));

/** A result that is not recorded, and why, for whoever asks for it later. */
export const notStored = (why: string): StoredResult => ({ form: 'none', result: why.slice(0, 200) });

/**
 * The text as a record holds it: compressed where that is shorter, elsewhere where it is too long even so.
 * @param keyElsewhere Gives a key that nothing else has: whether this result is the one that is recorded is not known yet.
 */
export async function storeResult(
  keyElsewhere: () => string,
  text: string,
  elsewhere: ResultStore | undefined,
): Promise<StoredResult> {
  const plainBytes = Buffer.byteLength(text);
  if (plainBytes > COMPRESS_FROM_BYTES) {
    const compressed = gzipSync(text).toString('base64');
    if (compressed.length < plainBytes && compressed.length <= MAX_RESULT_BYTES)
      return { form: 'gzip', result: compressed };
  }
  if (plainBytes <= MAX_RESULT_BYTES) return { form: 'json', result: text };
  if (elsewhere === undefined)
    return notStored(`it has ${plainBytes} bytes; give a resultStore for such results`);
  const key = keyElsewhere();
  await elsewhere.put(key, text);
  return { form: 'elsewhere', result: key };
}

/** @throws {ResultNotStoredError} for a result that was not recorded, or is no longer where it was put. */
export async function loadResult(
  key: string,
  operation: string,
  { form, result }: Pick<IdempotencyRecord, 'form' | 'result'>,
  elsewhere: ResultStore | undefined,
): Promise<string> {
  switch (form) {
    case 'json':
      return result;
    case 'gzip':
      return gunzipSync(Buffer.from(result, 'base64')).toString('utf8');
    case 'none':
      throw new ResultNotStoredError(operation, result);
    case 'elsewhere': {
      // The records of the version before do not say where, since it was the record's own key.
      const text = await elsewhere?.get(result || key);
      if (text !== undefined) return text;
      throw new ResultNotStoredError(
        operation,
        elsewhere ? 'the resultStore has it no longer' : 'it is in a resultStore',
      );
    }
  }
}
