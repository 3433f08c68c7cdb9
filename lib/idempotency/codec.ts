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

/** Lambda answers with 6 MB at most. What is compressed may not grow beyond this when it is read. */
const MAX_TEXT_BYTES = 10_000_000;

/** Loaded for the first result that is long: it takes 2 ms, and most functions never need it. */
const zlib = () => process.getBuiltinModule('node:zlib');

/** The text in which a result is recorded, and from which the first answer and every replay are made alike. */
export const encodeResult = (result: unknown): string => JSON.stringify(result) ?? UNDEFINED;

/** @throws {ResultNotStoredError} for a text that is no JSON. It is quoted nowhere. */
export function decodeResult(operation: string, text: string): unknown {
  if (text === UNDEFINED) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ResultNotStoredError(operation, 'its record holds no JSON');
  }
}

/** A result that is not recorded, and why, for a later caller. */
export const notStored = (why: string): StoredResult => ({ form: 'none', result: why.slice(0, 200) });

/**
 * The text as a record holds it: compressed where that is shorter, elsewhere where it is too long even so.
 * @param keyElsewhere Gives a key that nothing else has: whether this result is the one that is recorded is not known yet.
 */
export async function storeResult(
  keyElsewhere: () => string,
  text: string,
  external: ResultStore | undefined,
): Promise<StoredResult> {
  const plainBytes = Buffer.byteLength(text);
  if (plainBytes > COMPRESS_FROM_BYTES && plainBytes <= MAX_TEXT_BYTES) {
    const compressed = zlib().gzipSync(text).toString('base64');
    if (compressed.length < plainBytes && compressed.length <= MAX_RESULT_BYTES)
      return { form: 'gzip', result: compressed };
  }
  if (plainBytes <= MAX_RESULT_BYTES) return { form: 'json', result: text };
  if (external === undefined)
    return notStored(`it has ${plainBytes} bytes; give a resultStore for such results`);
  const key = keyElsewhere();
  await external.put(key, text);
  return { form: 'elsewhere', result: key };
}

function decompress(operation: string, result: string): string {
  try {
    const packed = Buffer.from(result, 'base64');
    return zlib().gunzipSync(packed, { maxOutputLength: MAX_TEXT_BYTES }).toString('utf8');
  } catch {
    throw new ResultNotStoredError(operation, `its record holds no text of at most ${MAX_TEXT_BYTES} bytes`);
  }
}

/** @throws {ResultNotStoredError} for a result that was not recorded, or is no longer where it was put. */
export async function loadResult(
  key: string,
  operation: string,
  { form, result }: Pick<IdempotencyRecord, 'form' | 'result'>,
  external: ResultStore | undefined,
): Promise<string> {
  switch (form) {
    case 'json':
      return result;
    case 'gzip':
      return decompress(operation, result);
    case 'none':
      throw new ResultNotStoredError(operation, result);
    case 'elsewhere': {
      // The records of the version before do not say where, since it was the record's own key.
      const place = result || key;
      // A record that names the place of another one would hand out what is not its own.
      if (!`${place}#`.startsWith(`${key}#`))
        throw new ResultNotStoredError(operation, 'its record names a place that is not its own');
      const text = await external?.get(place);
      if (text !== undefined) return text;
      throw new ResultNotStoredError(
        operation,
        external ? 'the resultStore has it no longer' : 'it is in a resultStore',
      );
    }
  }
}
